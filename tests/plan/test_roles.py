"""Roles: when the tagger overrules the words around a mention, and what it says of strength."""

from __future__ import annotations

import numpy as np
import pytest

from agent.plan.roles import ROLE_OF, ROLES, Role, Weighed, settled
from tools.tagging.labels import MARKS, Mark


def weighed(**chances: float) -> Weighed:
    """A distribution over marks; what is left goes to "none". W_ is "W?", W1 is "W!", C_ is "C-"."""
    names = {"W_": "W?", "W1": "W!", "A_": "A?", "C_": "C-", "C1": "C+"}
    marks = np.zeros(len(MARKS), dtype=np.float32)
    for name, chance in chances.items():
        marks[MARKS.index(names.get(name, name))] = chance  # type: ignore[arg-type]
    marks[MARKS.index("none")] += 1 - marks.sum()
    return Weighed(marks)


def test_every_mark_plays_a_role() -> None:
    assert set(ROLE_OF) == set(MARKS)
    assert set(ROLES) == set(ROLE_OF.values())


@pytest.mark.parametrize(
    ("read", "said", "role"),
    [
        (weighed(W=0.9), "avoid", "want"),
        (weighed(W=0.5, A=0.4), "avoid", "avoid"),
        (weighed(B=0.95), "want", "aside"),
        (weighed(A=0.65, W=0.34), "want", "avoid"),
        (weighed(A=0.6, W=0.4), "want", "want"),
        (None, "want", "want"),
    ],
)
def test_the_tagger_holds_only_where_it_is_sure(read: Weighed | None, said: Role, role: Role) -> None:
    assert settled(read, said) == role


def test_an_idiom_of_the_schema_takes_more_to_overrule() -> None:
    assert settled(weighed(B=0.7, W=0.3), "want") == "aside"
    assert settled(weighed(B=0.7, W=0.3), "want", sure=0.8) == "want"


def test_marks_of_one_role_add_up() -> None:
    read = weighed(W=0.3, W_=0.3, W1=0.1, B=0.2)
    assert read.best == ("want", pytest.approx(0.7))
    assert read.softness == pytest.approx(3 / 7)
    assert read.insistence == pytest.approx(1 / 7)


@pytest.mark.parametrize("mark", MARKS)
def test_each_mark_alone_is_its_role(mark: Mark) -> None:
    marks = np.zeros(len(MARKS), dtype=np.float32)
    marks[MARKS.index(mark)] = 1
    assert Weighed(marks).best == (ROLE_OF[mark], pytest.approx(1))
