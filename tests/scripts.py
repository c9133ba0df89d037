"""The conversations that every door is given: five messages about each demo catalogue."""

from __future__ import annotations

SCRIPTS = {
    "films": (
        "something tense from the 2010s, under two hours",
        "no horror please",
        "who directed the second one?",
        "something newer",
        "undo",
    ),
    "books": (
        "a mystery under 400 pages, nothing gory",
        "nothing after 1990 please",
        "who wrote the first one?",
        "something shorter",
        "undo",
    ),
}
