"""Small pieces of wording that every reply shares."""

from __future__ import annotations

import re
from collections.abc import Sequence

from core.turn import Question

COUNT_WORDS = {
    1: "One",
    2: "Two",
    3: "Three",
    4: "Four",
    5: "Five",
    6: "Six",
    7: "Seven",
    8: "Eight",
    9: "Nine",
    10: "Ten",
}
"""Numbers of items as a sentence begins with them."""
_FIRST_END = re.compile(r"[.!?](?<=.{24}[a-z0-9)”\"'][.!?])(?= [A-Z“\"])")


def ask_text(question: Question) -> str:
    """A question with its choices and what each leaves."""
    if not question.choices or question.kind == "relax":
        return question.text
    choices = " · ".join(f"{c.label} ({c.count:,})" if c.count is not None else c.label for c in question.choices)
    return f"{question.text} {choices}"


def first_sentence(text: str, most: int = 220) -> str:
    """The first sentence of a description, cut at a word when it is long."""
    end = _FIRST_END.search(text)
    sentence = text[: end.end()] if end else text
    return sentence if len(sentence) <= most else sentence[:most].rsplit(" ", 1)[0] + "…"


def ordinal(number: int) -> str:
    """The ending of an ordinal: 1st, 2nd, 3rd, 11th."""
    if number % 100 in {11, 12, 13}:
        return "th"
    return {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")


def listed(words: Sequence[str]) -> str:
    """Words as a list: "a, b and c"."""
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def capital(text: str) -> str:
    """The text with a capital first letter."""
    return text[:1].upper() + text[1:]


def small(number: int) -> str:
    """A small number in words within a sentence."""
    return {2: "two", 3: "three", 4: "four", 5: "five", 6: "six"}.get(number, str(number))


def refuses(label: str) -> bool:
    """Whether a preference's label is that of a refusal: "no horror", "not gory" (see `Preference.label`)."""
    return label.startswith(("no ", "not "))


def subject(label: str) -> str:
    """What a label is about, wanted or refused: "horror" of "no horror"."""
    return label.removeprefix("no ").removeprefix("not ")
