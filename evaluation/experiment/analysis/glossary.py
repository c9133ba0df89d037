"""The measures of an episode: what each is called, what it means to a reader, and which way is better."""

from __future__ import annotations

from typing import Literal

from core.values import Value

Form = Literal["share", "count", "money", "score"]


class Measure(Value):
    """How to read one measure."""

    name: str
    label: str
    means: str = ""
    better: Literal["more", "less", "neither"] = "neither"
    form: Form = "score"


KNOWN = (
    Measure(
        name="success",
        label="success",
        means="share of dialogues in which the person took what they were looking for (any item, with none in mind)",
        better="more",
        form="share",
    ),
    Measure(
        name="turns",
        label="turns",
        means="turns until the success; a miss counts as one more than the limit",
        better="less",
        form="count",
    ),
    Measure(
        name="recall",
        label="recall",
        means="share of the items known to be right that were shown at all",
        better="more",
        form="share",
    ),
    Measure(name="ndcg", label="NDCG", means="how high on the slates the right items stood", better="more"),
    Measure(
        name="satisfied",
        label="wishes kept",
        means="share of shown items that meet everything told by then",
        better="more",
        form="share",
    ),
    Measure(
        name="repeated",
        label="shown again",
        means="items per dialogue that had been shown before",
        better="less",
        form="count",
    ),
    Measure(name="questions", label="questions", means="questions asked per dialogue", better="neither", form="count"),
    Measure(
        name="useful_questions",
        label="useful questions",
        means="questions per dialogue whose answer told the agent something",
        better="neither",
        form="count",
    ),
    Measure(name="diversity", label="diversity", means="how unlike each other the items of a slate are"),
    Measure(
        name="grounded",
        label="grounded",
        means="share of what replies say of items that the catalogue bears out",
        better="more",
        form="share",
    ),
    Measure(name="satisfaction", label="satisfaction", means="how content the person was at the end", better="more"),
    Measure(name="judged", label="judged", means="a model's mark for the whole dialogue", better="more"),
    Measure(
        name="leak",
        label="leaks",
        means="share of dialogues in which the simulated person gave away the item in mind",
        better="less",
        form="share",
    ),
    Measure(
        name="contradiction",
        label="contradictions",
        means="share of dialogues in which the simulated person said what their need denies",
        better="less",
        form="share",
    ),
    Measure(
        name="early_accept",
        label="early accepts",
        means="share of the dialogues that ended with an item in which it was not what the person was looking for",
        better="less",
        form="share",
    ),
    Measure(name="calls", label="model calls", means="calls of a language model per dialogue", form="count"),
    Measure(name="tokens", label="tokens", means="tokens in and out per dialogue", form="count"),
    Measure(name="cost", label="cost", means="cost per dialogue, in the currency of the price table", form="money"),
)
HONESTY = ("leak", "contradiction", "early_accept")
"""Measures of the simulated people, not of the systems."""
COSTS = ("calls", "tokens", "cost")
LEADING = ("success", "recall", "ndcg", "satisfaction", "satisfied")
"""What a kind of user is judged by: the first of these that it scores."""


def measure(name: str) -> Measure:
    """How to read the measure `name`; one that is not known is shown by its name, with no better way."""
    known = next((m for m in KNOWN if m.name == name), None)
    if known is not None:
        return known
    base, _, cut = name.partition("_at/")
    if base == "success" and cut:
        return Measure(
            name=name, label=f"success by turn {cut}", means="share of dialogues", better="more", form="share"
        )
    return Measure(name=name, label=name.replace("_", " "))


def in_order(names: list[str]) -> list[str]:
    """The names in the order of the glossary; variants of a measure follow it, unknown ones come last."""
    places = {m.name: place for place, m in enumerate(KNOWN)}
    return sorted(dict.fromkeys(names), key=lambda n: (places.get(n.partition("_at/")[0], len(KNOWN)), n))


def said(value: float, name: str) -> str:
    """A value of the measure as a reader expects it: "62.5 %", "4.31", "0.0012"."""
    match measure(name).form:
        case "share":
            return f"{100 * value:.1f} %"
        case "money":
            return f"{value:.4f}"
        case "count":
            return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2f}"
    return f"{value:.3f}"


def said_change(value: float, name: str) -> str:
    """A difference between two values, with its sign: "+3.2 points", "−0.41"."""
    sign = "+" if value > 0 else "−" if value < 0 else "±"
    size = abs(value)
    if measure(name).form == "share":
        return f"{sign}{100 * size:.1f} points"
    return f"{sign}{said(size, name)}"
