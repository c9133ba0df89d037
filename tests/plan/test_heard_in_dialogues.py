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
        ("films", "no, that's not it. know Before Sunrise already", "Before Sunrise"),
        ("films", "seen Before Sunset. a drama please", "Before Sunset"),
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


MYSTERY = "a mystery"
"""What somebody said before, where something must have been shown."""


@pytest.mark.parametrize(
    ("catalog", "said", "field", "op", "value"),
    [
        ("films", "These are all too new for me, I'd want something from 1990 or before", "year", "le", 1990),
        (
            "films",
            "those are all too short for me. I need something that runs at least 2 hours 20",
            "runtime",
            "ge",
            140,
        ),
        ("films", "it has to be from 2000 or later, nothing older", "year", "ge", 2000),
        ("books", "these are much too long. nothing over 300 pages please", "pages", "le", 300),
        ("books", "too old, all of them. I meant 1990 or later", "year", "ge", 1990),
        ("films", "Only the really top rated ones though, 8.5 and up", "rating", "ge", 8.5),
        ("films", "a properly well rated one, 8 or higher", "rating", "ge", 8),
        ("books", "a truly well rated novel, 8.5 or better", "rating", "ge", 8.5),
        ("films", "the best rated ones please, at least 8", "rating", "ge", 8),
    ],
)
def test_a_bound_says_what_an_adjective_beside_it_means(
    demo: Tastemaker, catalog: str, said: str, field: str, op: str, value: float
) -> None:
    heard = planned(demo, catalog, MYSTERY, said).heard
    assert [(w.field, w.op, w.value) for w in heard.wishes] == [(field, op, value)]
    assert not heard.critiques


def test_what_is_too_much_is_turned_down_beside_a_bound(demo: Tastemaker) -> None:
    assert planned(
        demo, "films", "a drama", "These are all too new, I'd want something from 1990 or before"
    ).heard.turns_down


def test_a_bound_on_the_other_side_leaves_a_critique(demo: Tastemaker) -> None:
    heard = planned(demo, "books", "a fantasy", "longer, but under 900 pages").heard
    assert [(c.field, c.direction) for c in heard.critiques] == [("pages", "more")]
    assert [(w.op, w.value) for w in heard.wishes] == [("lt", 900)]


@pytest.mark.parametrize(
    ("catalog", "said", "genre"),
    [
        ("films", "Now I want to sit down with a good mystery", "Mystery"),
        ("films", "a great western, please", "Western"),
        ("books", "I could do with a good thriller", "Thriller"),
    ],
)
def test_praise_before_a_genre_bounds_no_rating(demo: Tastemaker, catalog: str, said: str, genre: str) -> None:
    assert [(w.field, w.value) for w in planned(demo, catalog, said).heard.wishes] == [("genres", (genre,))]


@pytest.mark.parametrize(
    ("catalog", "said", "titles"),
    [
        ("films", "Man on Wire and Grizzly Man were right up my street", ["Man on Wire", "Grizzly Man"]),
        (
            "films",
            "No, I'll pass on these. Airplane! and The Rules of the Game are two I liked.",
            ["Airplane!", "The Rules of the Game"],
        ),
        (
            "films",
            "None of those tonight. I liked It Happened One Night and Oldboy, though",
            ["It Happened One Night", "Oldboy"],
        ),
        (
            "films",
            "these aren't it, sorry. I've got a soft spot for North by Northwest and Yojimbo though",
            ["North by Northwest", "Yojimbo"],
        ),
        ("films", "none of these. Chinatown and Vertigo are among the ones I loved", ["Chinatown", "Vertigo"]),
        (
            "books",
            "not those. Emma, Dracula and Kafka on the Shore were all up my alley",
            ["Emma", "Dracula", "Kafka on the Shore"],
        ),
        ("books", "those aren't for me. Dracula and Emma are two of my favourites", ["Dracula", "Emma"]),
        ("books", "I have a weakness for Emma and Dracula", ["Emma", "Dracula"]),
    ],
)
def test_an_opinion_is_of_all_the_items_it_is_said_of(
    demo: Tastemaker, catalog: str, said: str, titles: list[str]
) -> None:
    plan = planned(demo, catalog, MYSTERY, said)
    assert [(o.item.title, o.stance) for o in plan.heard.opinions] == [(t, "liked") for t in titles]
    assert isinstance(plan.act, Recommend)
    assert plan.heard.turns_down == any(w in said.lower() for w in ("these", "those"))


def test_what_else_was_liked_is_kept_when_one_title_is_asked_about(demo: Tastemaker) -> None:
    held = Conversation(id="c", catalog="films")
    said = "I liked It Happened One Night and Oldboy, though"
    for message in ("a romance", said, "I meant the Oldboy from 2003. Excuse the typing, I've got one hand full."):
        held = held.plus(demo.answer(held, message))
    assert held.ledger.liked == ("it-happened-one-night-1934", "oldboy-2003")


@pytest.mark.parametrize(
    ("catalog", "said", "known", "liked"),
    [
        (
            "films",
            "already seen Interstellar. Liked Harry Potter and the Sorcerer's Stone as well",
            "Interstellar",
            "Harry Potter and the Sorcerer's Stone",
        ),
        ("films", "I've watched Chinatown. Loved Vertigo too", "Chinatown", "Vertigo"),
        ("books", "already read Emma. Enjoyed Dracula as well", "Emma", "Dracula"),
    ],
)
def test_the_verb_of_the_next_sentence_is_of_its_own_item(
    demo: Tastemaker, catalog: str, said: str, known: str, liked: str
) -> None:
    opinions = planned(demo, catalog, MYSTERY, said).heard.opinions
    assert [(o.item.title, o.stance) for o in opinions] == [(known, "seen"), (liked, "liked")]


def asked_to_keep_to(demo: Tastemaker, answer: str) -> tuple[str, TurnPlan]:
    """The bound of the question whether to keep to it, and the plan for an answer in which {} stands for that bound."""
    held = Conversation(id="c", catalog="films")
    for message in (
        "hi, im looking for something to watch, it has to be a comedy",
        "hm none of those for me. ideally it'd be something really funny",
        "nah none of them really, what else is there?",
        "not these either, sorry. got any others?",
    ):
        held = held.plus(demo.answer(held, message))
    assert held.question is not None
    assert held.question.kind == "confirm"
    bound = held.question.text.removesuffix("?").split(" keep to ")[1]
    return bound, demo.room("films").planner.plan(held, answer.format(bound))


@pytest.mark.parametrize(
    "answer",
    [
        "no, thats not it, dont need to keep to {}. and none of these three for me either",
        "nope, no need to stick to {}, and not these three for me please",
        "no, they needn't be {}. others please",
    ],
)
def test_a_bound_may_be_lifted_in_the_answer(demo: Tastemaker, answer: str) -> None:
    _, plan = asked_to_keep_to(demo, answer)
    assert plan.heard.answer == 1
    assert not plan.heard.wishes


@pytest.mark.parametrize(
    ("catalog", "said", "field", "value"),
    [
        ("films", "no, none are German. has to be from Germany", "countries", "Germany"),
        ("films", "none of these are Japanese. I'd want a Japanese one", "countries", "Japan"),
        ("films", "these aren't funny. something funny please", "moods", "funny"),
        ("books", "none of those are French. has to be from France", "countries", "France"),
    ],
)
def test_what_nothing_shown_has_is_not_refused(
    demo: Tastemaker, catalog: str, said: str, field: str, value: str
) -> None:
    (wish,) = planned(demo, catalog, MYSTERY, said).heard.wishes
    assert (wish.field, wish.value, wish.polarity) == (field, (value,), "want")


def test_what_is_well_lacked_is_not_wanted(demo: Tastemaker) -> None:
    heard = planned(demo, "films", MYSTERY, "these aren't violent, good. more like the first").heard
    assert not [w for w in heard.wishes if w.polarity == "want"]


def test_a_title_keeps_its_mark(demo: Tastemaker) -> None:
    (opinion,) = planned(demo, "films", "Airplane! was hilarious").heard.opinions
    assert (opinion.item.title, opinion.stance) == ("Airplane!", "liked")


SMALL_TALK = [
    "Sorry if I'm slow, the kettle's boiling in the background.",
    "Sorry for the short answer, the postman just rang the bell.",
    "Time to water the plants, they're looking sorry for themselves.",
    "I've only just sat down again, the washing machine was beeping at me.",
    "Hang on, the postman just rang the bell.",
    "Excuse the funny spelling, my tablet's broken.",
    "My neighbour is hoovering again by the way, at this hour.",
]


@pytest.mark.parametrize("aside", SMALL_TALK)
@pytest.mark.parametrize("catalog", ["films", "books"])
def test_small_talk_beside_a_wish_says_nothing(demo: Tastemaker, catalog: str, aside: str) -> None:
    heard = planned(demo, catalog, MYSTERY, f"None of those. It has to be a romance. {aside}").heard
    assert [(w.field, w.value) for w in heard.wishes] == [("genres", ("Romance",))]
    assert heard == Heard(wishes=heard.wishes, turns_down=True)


@pytest.mark.parametrize("aside", SMALL_TALK)
@pytest.mark.parametrize(
    ("catalog", "said"), [("films", "Which country is The Graduate from?"), ("books", "Which country is Emma from?")]
)
def test_small_talk_beside_a_question_leaves_it_to_be_answered(
    demo: Tastemaker, catalog: str, said: str, aside: str
) -> None:
    plan = planned(demo, catalog, MYSTERY, f"{said} {aside}")
    assert isinstance(plan.act, LookUp)
    assert plan.act.fields == ("countries",)
    assert plan.heard == Heard()


@pytest.mark.parametrize(
    ("catalog", "said", "wanted"),
    [
        ("films", "A thriller please. There should be a lighthouse in it.", "lighthouse"),
        ("books", "A mystery please. It's set in a lighthouse, ideally.", "lighthouse"),
    ],
)
def test_what_a_story_should_have_is_no_small_talk(demo: Tastemaker, catalog: str, said: str, wanted: str) -> None:
    assert any(wanted in str(w.value) for w in planned(demo, catalog, said).heard.wishes)


@pytest.mark.parametrize(
    ("said", "person"),
    [
        ("something by scorcese", "Martin Scorsese"),
        ("a film with natalie portmen", "Natalie Portman"),
        ("Hitchcok please", "Alfred Hitchcock"),
    ],
)
def test_a_slip_in_a_name_is_still_mended(demo: Tastemaker, said: str, person: str) -> None:
    assert [w.value for w in planned(demo, "films", said).heard.wishes] == [(person,)]


@pytest.mark.parametrize(
    ("catalog", "said", "field"),
    [
        ("films", "what kind of rating does Ran have?", "rating"),
        ("films", "what type of mood does Vertigo have?", "moods"),
        ("books", "what sort of rating does Emma have?", "rating"),
        ("books", "what kind of book is Emma?", "genres"),
    ],
)
def test_what_kind_of_some_field_asks_for_the_field(demo: Tastemaker, catalog: str, said: str, field: str) -> None:
    act = planned(demo, catalog, MYSTERY, said).act
    assert isinstance(act, LookUp)
    assert act.fields == (field,)


@pytest.mark.parametrize(
    ("catalog", "said", "person", "strength"),
    [
        ("films", "I fancy a big epic Scorsese tonight", "Martin Scorsese", "hard"),
        ("films", "a Hitchcock", "Alfred Hitchcock", "hard"),
        ("films", "I'd love an early Kurosawa tonight", "Akira Kurosawa", "hard"),
        ("books", "fancy a long Tolstoy for the holidays", "Leo Tolstoy", "hard"),
        ("films", "maybe a Hitchcock?", "Alfred Hitchcock", "soft"),
        ("films", "I like Scorsese", "Martin Scorsese", "soft"),
    ],
)
def test_who_made_an_item_may_stand_for_it(
    demo: Tastemaker, catalog: str, said: str, person: str, strength: str
) -> None:
    (wish,) = [w for w in planned(demo, catalog, said).heard.wishes if w.value == (person,)]
    assert wish.strength == strength


@pytest.mark.parametrize(
    ("catalog", "said", "field", "values"),
    [
        (
            "films",
            "a thriller where somebody gets double crossed. I love stories about betrayal",
            "themes",
            ["betrayal"],
        ),
        ("films", "I really love stories about revenge", "themes", ["revenge"]),
        ("books", "they love stories about dragons", "themes", ["dragons"]),
    ],
)
def test_to_love_stories_is_no_love_story(
    demo: Tastemaker, catalog: str, said: str, field: str, values: list[str]
) -> None:
    wishes = [w for w in planned(demo, catalog, said).heard.wishes if w.value not in {("Thriller",)}]
    assert [(w.field, w.value) for w in wishes] == [(field, (v,)) for v in values]


@pytest.mark.parametrize(
    ("catalog", "first", "said"),
    [
        (
            "films",
            "a thriller where a plumber is blackmailed",
            "I never asked for romance, forget that. Just a thriller with betrayal in it",
        ),
        ("films", "a comedy about lighthouses", "No, simply a comedy from the 90s"),
        ("books", "a novel with lighthouses", "ok, just a mystery then"),
    ],
)
def test_just_says_anew_all_that_is_wanted(demo: Tastemaker, catalog: str, first: str, said: str) -> None:
    held = Conversation(id="c", catalog=catalog)
    held = held.plus(demo.answer(held, first))
    assert any(p.field is None for p in held.ledger.preferences)
    held = held.plus(demo.answer(held, said))
    assert not any(p.field is None for p in held.ledger.preferences)


@pytest.mark.parametrize(
    ("catalog", "said", "field", "op", "value"),
    [
        ("films", "it should go on for 2 hours 10 and anything under it", "runtime", "le", 130),
        ("films", "two hours and 10 minutes and anything below that is what I need", "runtime", "le", 130),
        ("films", "above 2 hours 10 is too long for me", "runtime", "le", 130),
        ("films", "anything under 90 minutes is too short", "runtime", "ge", 90),
        ("films", "130 minutes is okay, shorter is okay, longer is not", "runtime", "le", 130),
        ("films", "rated 7 and anything above", "rating", "ge", 7),
        ("films", "two hours and ten at most", "runtime", "le", 130),
        ("books", "at most two hundred and ten pages", "pages", "le", 210),
        ("books", "300 pages and everything below it", "pages", "le", 300),
        ("books", "over 400 pages is way too long", "pages", "le", 400),
        ("books", "from 1990 and anything newer", "year", "ge", 1990),
    ],
)
def test_what_lies_beyond_an_amount_is_said_in_words(
    demo: Tastemaker, catalog: str, said: str, field: str, op: str, value: int
) -> None:
    wishes = planned(demo, catalog, said).heard.wishes
    assert [(w.field, w.op, w.value, w.polarity) for w in wishes] == [(field, op, value, "want")]


@pytest.mark.parametrize("said", ["something newer than that, 2007 and anything after", "newer than these, since 2007"])
def test_an_explicit_bound_stands_for_a_comparison_with_what_was_shown(demo: Tastemaker, said: str) -> None:
    held = Conversation(id="c", catalog="films")
    held = held.plus(demo.answer(held, "a western"))
    heard = demo.answer(held, said).plan.heard
    assert not heard.critiques
    assert [(w.field, w.op, w.value) for w in heard.wishes] == [("year", "ge", 2007)]


def test_the_age_of_a_child_in_the_family_is_heard(demo: Tastemaker) -> None:
    (wish,) = planned(demo, "films", "my nephew of twelve is staying over, something for us both").heard.wishes
    assert (wish.field, wish.value) == ("age_rating", ("G", "PG"))


@pytest.mark.parametrize(
    ("catalog", "said", "field"),
    [
        ("films", "it's raining and my kids (7 and 10) are bored, what have you got?", "age_rating"),
        ("films", "something for my kids, 7 and 10", "age_rating"),
        ("films", "what can I watch with my son", "age_rating"),
        ("films", "my daughter of 9 picks tonight", "age_rating"),
        ("books", "it's raining, something for my kids, 7 and 10", "audience"),
    ],
)
def test_children_who_are_there_are_heard(demo: Tastemaker, catalog: str, said: str, field: str) -> None:
    wishes = planned(demo, catalog, said).heard.wishes
    assert [(w.field, w.polarity, w.strength) for w in wishes] == [(field, "want", "hard")]


@pytest.mark.parametrize(
    "said",
    [
        "the kids are asleep, something dark",
        "kids are in bed, a horror please",
        "the kids are with their grandma tonight, something violent please",
        "my kids hated it",
        "I have no kids, something for a date night",
        "we don't have kids so anything goes, a thriller",
        "a night without the kids, something scary",
        "with no children around tonight, a violent one",
    ],
)
def test_children_who_are_away_or_only_told_of_bound_nothing(demo: Tastemaker, said: str) -> None:
    assert "age_rating" not in [w.field for w in planned(demo, "films", said).heard.wishes]
