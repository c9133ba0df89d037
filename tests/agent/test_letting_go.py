"""What a retraction takes away: values, whole fields, and words that no field holds."""

from __future__ import annotations

import pytest

from agent.letting_go import let_go
from core.plan import Retraction
from core.preferences import Preference

HELD = (
    Preference(id="1", field="genres", op="any_of", value=("Horror", "War"), polarity="avoid"),
    Preference(id="2", field="year", op="between", value=(1990, 1999)),
    Preference(id="3", field=None, op="about", value="black and white", polarity="avoid"),
    Preference(id="4", field=None, op="about", value="talking", polarity="avoid"),
)


@pytest.mark.parametrize(
    ("field", "value", "gone", "left"),
    [
        ("genres", "horror", ["1"], ("War",)),
        ("genres", None, ["1"], None),
        ("year", 1990, ["2"], None),
        ("year", 1994, ["2"], None),
        (None, "the black and white thing", ["3"], None),
        (None, "white", ["3"], None),
        (None, "talking animals", ["4"], None),
        (None, "WAR", ["1"], ("Horror",)),
        ("themes", "black and white", ["3"], None),
        (None, "colour", [], None),
        (None, None, [], None),
    ],
)
def test_what_is_let_go(field: str | None, value: object, gone: list[str], left: object) -> None:
    taken = let_go(Retraction(field=field, value=value), HELD, field)  # type: ignore[arg-type]
    assert [key for key, _ in taken] == gone
    assert [p.value for _, p in taken if p is not None] == ([left] if left else [])
