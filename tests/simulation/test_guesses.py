"""Suspicions, consent and meanings: what a simulated person says yes to, and what not."""

from __future__ import annotations

import pytest

from core.ledger import LedgerPatch, Mark
from core.preferences import Preference
from core.turn import Choice, Question, Turn
from simulation.wording import templates
from tests.simulation.test_reveal import one_of, opened, said, turn


def guessing(field: str, op: str, value: object, polarity: str = "want") -> Turn:
    put = Preference.model_validate({"field": field, "op": op, "value": value, "polarity": polarity})
    yes = Choice(label="yes", patch=LedgerPatch(put=(put,)))
    return turn(question=Question(text="Is it that?", kind="confirm", field=field, choices=(yes, Choice(label="no"))))


@pytest.mark.parametrize(
    ("field", "op", "value", "polarity", "right"),
    [
        ("audience", "any_of", ("adult",), "want", True),
        ("audience", "any_of", ("children",), "want", False),
        ("audience", "any_of", ("children",), "avoid", True),
        ("audience", "ge", "young adult", "want", True),
        ("audience", "le", "middle grade", "want", False),
        ("genres", "any_of", ("Crime",), "avoid", False),
        ("pages", "le", 300, "want", True),
        ("pages", "le", 320, "want", True),
        ("pages", "le", 280, "want", True),
        ("pages", "le", 90, "want", False),
        ("pages", "ge", 300, "want", False),
        ("pages", "between", (250, 300), "want", False),
        ("year", "le", 1985, "want", True),
        ("year", "le", 1900, "want", False),
        ("countries", "any_of", ("France",), "want", False),
    ],
)
def test_a_suspicion_is_answered_truthfully(field: str, op: str, value: object, polarity: str, right: bool) -> None:
    answer = said(opened()[0], guessing(field, op, value, polarity)).casefold().strip(".")
    assert answer in [w.casefold() for w in templates()["right_guess" if right else "wrong_guess"]]


def test_a_person_may_keep_even_suspicions_unanswered() -> None:
    user, _ = opened(answers_suspicions=False)
    assert one_of("no_idea", said(user, guessing("audience", "any_of", ("adult",))))


@pytest.mark.parametrize(("value", "fine"), [("adult", True), ("children", False)])
def test_consent_is_given_to_what_no_wish_forbids(value: str, fine: bool) -> None:
    yes = Choice(label="yes", patch=LedgerPatch(agree=(f"audience={value}",)))
    asked = turn(question=Question(text="Is that all right?", kind="confirm", field="audience", choices=(yes,)))
    answer = said(opened()[0], asked).casefold().strip(".")
    assert answer in [w.casefold() for w in templates()["agrees" if fine else "refuses"]]


def test_of_several_meanings_the_one_meant_is_chosen() -> None:
    def means(field: str, value: str) -> Choice:
        put = Preference(field=field, op="any_of", value=(value,))
        return Choice(label=f"the {field}", patch=LedgerPatch(put=(put,)))

    which = Question(text="Which?", kind="which_item", choices=(means("themes", "fantasy"), means("genres", "Fantasy")))
    assert said(opened()[0], turn(question=which)) == "the genres"
    titles = tuple(Choice(label=i, patch=LedgerPatch(marks=(Mark(item=i, opinion="liked"),))) for i in ("x", "y"))
    assert said(opened()[0], turn(question=Question(text="Which?", kind="which_item", choices=titles))) == "x"
