"""Which words say that a wish lasts, and how far they reach."""

from __future__ import annotations

import pytest

from agent.profile.lasting import lasting


@pytest.mark.parametrize(
    ("message", "quote", "words"),
    [
        ("I never drink green, something strong please", "green", "I never drink green"),
        ("No green, white or black, ever", "white", "No green, white or black, ever"),
        ("In general I don't like anything bitter. A quick one.", "bitter", "In general I don't like anything bitter"),
        ("I'm vegetarian", "vegetarian", "I'm vegetarian"),
        ("I’m allergic to nuts, a cake please", "nuts", "I’m allergic to nuts"),
        ("a quick one please, never green", "never green", "never green"),
        ("I don't drink green anymore", "green", "I don't drink green anymore"),
        ("From now on no green", "no green", "From now on no green"),
        ("I've always loved oolong", "oolong", "I've always loved oolong"),
        ("Remember that I drink decaf", "decaf", "Remember that I drink decaf"),
    ],
)
def test_lasting(message: str, quote: str, words: str) -> None:
    said = lasting(message, quote)
    assert said is not None
    assert said.words == words


@pytest.mark.parametrize(
    ("message", "quote"),
    [
        ("something green", "green"),
        ("I never drink green, something strong please", "strong"),
        ("I never want green tonight", "green"),
        ("I've never tried oolong", "oolong"),
        ("I've always wanted to try oolong", "oolong"),
        ("is it always bitter?", "bitter"),
        ("a quick one, from now on no green", "a quick one"),
        ("I always like oolong, something from 1990", "1990"),
        ("a cheap one but I never drink green", "cheap"),
        ("now something green", "green"),
        ("I never drink green", "black"),
        ("never", ""),
    ],
)
def test_not_lasting(message: str, quote: str) -> None:
    assert lasting(message, quote) is None


@pytest.mark.parametrize(
    ("message", "binding", "habit"),
    [
        ("I'm allergic to nuts", True, False),
        ("I only ever eat nuts", True, False),
        ("it must always have nuts", True, False),
        ("I always like nuts", False, False),
        ("I usually like nuts", False, True),
    ],
)
def test_how_firmly(message: str, binding: bool, habit: bool) -> None:
    said = lasting(message, "nuts")
    assert said is not None
    assert (said.binding, said.habit) == (binding, habit)
