"""Messages that simulated people sent and that were once misheard; each stands for a way of speaking."""

from __future__ import annotations

import pytest

from agent.build import Tastemaker
from core.plan import Check, Heard, LookUp, Recommend, TurnPlan
from core.turn import Conversation

KING = "The Lord of the Rings: The Return of the King"


def planned(demo: Tastemaker, catalog: str, *messages: str) -> TurnPlan:
    """The plan for the last message, after the others were answered."""
    held = Conversation(id="c", catalog=catalog)
    for message in messages[:-1]:
        held = held.plus(demo.answer(held, message))
    return demo.room(catalog).planner.plan(held, messages[-1])


@pytest.mark.parametrize(
    ("said", "field", "op", "value"),
    [
        ("2000 is as recent as I'd go", "year", "le", 2000),
        ("1980 is as far back as I would look", "year", "ge", 1980),
        ("two hours is as long as I can sit still", "runtime", "le", 120),
        ("from the nineties on", "year", "ge", 1990),
        ("I won't bother with anything rated under 7.5", "rating", "ge", 7.5),
        ("it can't be longer than 100 minutes", "runtime", "le", 100),
        ("I could do with a film that lasts 2 hours 20 and up", "runtime", "ge", 140),
        ("could you find me a film that people gave 7.5 and up?", "rating", "ge", 7.5),
        ("do you know something to watch from 2000 at the earliest?", "year", "ge", 2000),
    ],
)
def test_bounds_as_people_put_them(demo: Tastemaker, said: str, field: str, op: str, value: float) -> None:
    (wish,) = planned(demo, "films", said).heard.wishes
    assert (wish.field, wish.op, wish.value, wish.polarity, wish.strength) == (field, op, value, "want", "hard")


def test_a_bound_may_be_put_right_by_a_refusal(demo: Tastemaker) -> None:
    heard = planned(
        demo, "films", "a drama rated at least 9.4", "I meant I won't bother with anything rated under 7.5"
    ).heard
    assert [(w.field, w.op, w.value) for w in heard.wishes] == [("rating", "ge", 7.5)]


@pytest.mark.parametrize("said", ["give me 5 comedies"])
def test_how_many_to_show_is_no_grade(demo: Tastemaker, said: str) -> None:
    assert [w.field for w in planned(demo, "films", said).heard.wishes] == ["genres"]


def test_a_time_of_day_bounds_nothing(demo: Tastemaker) -> None:
    wishes = planned(demo, "films", "it's nearly ten and I want something short").heard.wishes
    assert [(w.field, w.op) for w in wishes] == [("runtime", "le")]


@pytest.mark.parametrize(
    "said",
    [
        "er, I'd say no to that somehow. more ideas",
        "that wouldn't be my choice tonight. anything else?",
        "mm, none of that works. have another go",
        "I'd give that a miss, others?",
    ],
)
def test_pointing_at_what_is_turned_down_asks_nothing(demo: Tastemaker, said: str) -> None:
    assert isinstance(planned(demo, "films", "a comedy from the 90s", said).act, Recommend)


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ("could you look up the mood of the first one?", "moods"),
        ("the theme of the second one", "themes"),
        ("what's the theme of Airplane!?", "themes"),
        ("to be fair, and the number of ratings of it?", "popularity"),
        ("how many people have rated the first one?", "popularity"),
    ],
)
def test_the_field_that_is_asked_for(demo: Tastemaker, said: str, field: str) -> None:
    act = planned(demo, "films", "a comedy from the 90s", said).act
    assert isinstance(act, LookUp)
    spec = demo.catalog("films").schema.by_name[act.fields[0]]
    assert field in {spec.name, spec.role}


@pytest.mark.parametrize(
    ("catalog", "said", "title"),
    [
        ("films", f"I watched {KING} a while ago", KING),
        ("films", "seen Star Wars: The Force Awakens", "Star Wars: The Force Awakens"),
        ("books", "I know Kafka on the Shore already. next", "Kafka on the Shore"),
        ("books", "Kafka on the Shore isn't new to me", "Kafka on the Shore"),
    ],
)  # fmt: skip
def test_what_is_known_already(demo: Tastemaker, catalog: str, said: str, title: str) -> None:
    (opinion,) = planned(demo, catalog, said).heard.opinions
    assert (opinion.item.title, opinion.stance) == (title, "seen")


def test_something_new_after_something_known_is_no_year(demo: Tastemaker) -> None:
    heard = planned(demo, "films", "a comedy from the 90s", "I've already watched Clueless, something new?").heard
    assert not heard.wishes


def test_a_title_shown_does_not_stand_for_its_sequel(demo: Tastemaker) -> None:
    act = planned(demo, "films", "something like Terminator 2", "which country is Terminator 2 from?").act
    assert isinstance(act, LookUp)
    assert act.items[0].title == "Terminator 2"


def test_what_was_nearly_forgotten_is_not_taken_back(demo: Tastemaker) -> None:
    heard = planned(demo, "films", "a drama", "before I forget: I'm craving slow-burning").heard
    assert [w.value for w in heard.wishes] == [("slow-burning",)]
    assert not heard.retractions


def test_a_check_is_about_the_item_named_not_about_them(demo: Tastemaker) -> None:
    act = planned(demo, "films", "a heist film", "my kids are 8 and 11, would the second one be okay for them?").act
    assert isinstance(act, Check)
    assert [r.ordinal for r in act.items] == [2]


def test_later_than_that_is_no_goodbye(demo: Tastemaker) -> None:
    heard = planned(demo, "films", "a scary film", "later than that").heard
    assert [(c.field, c.direction) for c in heard.critiques] == [("year", "more")]


def test_nothing_is_liked_by_turning_it_down(demo: Tastemaker) -> None:
    heard = planned(demo, "films", "a drama", "honestly, I can't see myself enjoying that").heard
    assert heard == Heard(turns_down=True)


def test_an_answer_may_stand_behind_a_wish(demo: Tastemaker) -> None:
    held = ["a drama since 2000", "no", "no, not those", "nope, others", "not for me"]
    last = "the trouble with that is this: it has to be 140 minutes max. no, that's not the reason"
    plan = planned(demo, "films", *held, last)
    asked = [demo_question(demo, held[:n]) for n in range(1, len(held) + 1)]
    if asked[-1] == "confirm":
        assert plan.heard.answer == 1
    assert [(w.field, w.op, w.value) for w in plan.heard.wishes] == [("runtime", "le", 140)]


def demo_question(demo: Tastemaker, messages: list[str]) -> str | None:
    """The kind of the question that is open after these messages."""
    held = Conversation(id="c", catalog="films")
    for message in messages:
        held = held.plus(demo.answer(held, message))
    return held.question.kind if held.question else None
