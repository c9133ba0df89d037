"""Words of the report: kinds of user, endings, lists, intervals."""

from __future__ import annotations

from collections.abc import Sequence

from evaluation.experiment.analysis.glossary import said, said_change
from evaluation.experiment.episodes import UserKind
from evaluation.metrics import Figure
from simulation.protocol import EndReason

LEAST_SAID = 0.001
"""Smaller p-values are not told apart."""
USERS: dict[UserKind, str] = {
    "agenda": "people with an item in mind, who tell their wishes bit by bit",
    "taste": "people without an item in mind, who judge by what they are known to like",
    "model": "people played by a language model",
    "free-model": "people played by a language model that decides by itself",
}
SUCCEEDED: dict[UserKind, str] = {
    "agenda": "found what they were looking for",
    "taste": "took something",
    "model": "found what they were looking for",
    "free-model": "took something",
}
ENDINGS: dict[EndReason, str] = {
    EndReason.accepted: "took an item",
    EndReason.nothing_fits: "left it at “nothing fits”",
    EndReason.given_up: "gave up",
    EndReason.turn_limit: "stopped at the turn limit",
    EndReason.agent_failed: "the agent failed",
    EndReason.person_failed: "the simulated person failed",
}


def listed(words: Sequence[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1]))) if words else ""


def counted(number: int, one: str, many: str = "") -> str:
    """ "1 trial", "3,000 dialogues"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def span(figure: Figure, name: str) -> str:
    """The interval of a value: "72.7 to 81.7 %"."""
    low, high = said(figure.low, name), said(figure.high, name)
    return f"{low.removesuffix(' %') if high.endswith(' %') else low} to {high}"


def change_span(figure: Figure, name: str) -> str:
    """The interval of a difference: "+6.7 to +19.3 points"."""
    low, high = said_change(figure.low, name), said_change(figure.high, name)
    return f"{low.removesuffix(' points') if high.endswith(' points') else low} to {high}"


def chance(p: float) -> str:
    """A p-value: "p = 0.75", "p < 0.001" where the test cannot tell more."""
    return f"p ≤ {LEAST_SAID}" if p <= LEAST_SAID else f"p = {p:.3f}" if p < 0.1 else f"p = {p:.2f}"
