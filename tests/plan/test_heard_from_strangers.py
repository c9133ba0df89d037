"""What people who had never seen this program wrote to it: remarks that are no wishes, lifted ones, degrees, kinds."""

from __future__ import annotations

import pytest

from agent.build import Tastemaker
from core.ledger import Ledger
from core.plan import Chat, Check, Compare, Recommend
from tests.plan.test_heard_in_dialogues import planned


def ledger(demo: Tastemaker, catalog: str, *messages: str) -> Ledger:
    """The ledger after these messages."""
    conversation = demo.start(catalog, person="").id
    for message in messages:
        demo.respond(conversation, message)
    return demo.load(conversation).ledger


def held(demo: Tastemaker, catalog: str, *messages: str) -> list[str]:
    """The preferences after these messages, in words."""
    schema = demo.catalog(catalog).schema
    return [p.label(schema) for p in ledger(demo, catalog, *messages).preferences]


@pytest.mark.parametrize(
    ("catalog", "messages"),
    [
        ("films", ["something sad", "he'd fall asleep in Grave of the Fireflies and that's a cartoon anyway"]),
        ("films", ["something sad", "Man on Wire is a documentary, and I've no interest in those"]),
        ("books", ["a family story", "right, and Holes is a kids' book, isn't it?"]),
        ("books", ["a family story", "Tintin in Tibet is a comic, yes? I want real sentences"]),
    ],
)
def test_what_an_item_is_said_to_be_is_not_wished_for(demo: Tastemaker, catalog: str, messages: list[str]) -> None:
    wanted = {v for p in ledger(demo, catalog, *messages).preferences if p.polarity == "want" for v in p.values}
    assert not wanted & {"Animation", "Documentary", "Children's", "Comics", "children"}


@pytest.mark.parametrize(
    ("catalog", "messages", "expected"),
    [
        ("films", ["a Bill Murray comedy", "it doesn't need Bill Murray!"], ["comedy"]),
        ("films", ["before 1950, a comedy", "yes let the date go!"], ["comedy"]),
        ("books", ["before 1950, a mystery", "ditch the date"], ["mystery"]),
        ("books", ["before 1950, a mystery", "the date can go"], ["mystery"]),
        ("films", ["an animated film from the 90s", "I did NOT ask for animation"], ["1990\u20131999"]),
    ],
)
def test_what_is_lifted_is_dropped(demo: Tastemaker, catalog: str, messages: list[str], expected: list[str]) -> None:
    assert held(demo, catalog, *messages) == expected


@pytest.mark.parametrize(
    ("catalog", "said", "title"),
    [("films", "I liked Up and Heat", "Heat"), ("books", "I liked Emma and The Hobbit", "The Hobbit")],
)
def test_what_was_never_said_is_taken_back(demo: Tastemaker, catalog: str, said: str, title: str) -> None:
    before, after = ledger(demo, catalog, said), ledger(demo, catalog, said, f"I never said I liked {title}")
    assert len(before.liked) == 2
    assert len(after.liked) == 1
    assert after.liked[0] in before.liked


def test_nothing_is_liked_by_denying_it(demo: Tastemaker) -> None:
    said = "I didn't say I liked Outlander or The Fifth Season."
    assert ledger(demo, "books", "a fantasy novel", said).liked == ()


@pytest.mark.parametrize(
    ("catalog", "messages", "expected"),
    [
        ("books", ["a thriller under 200 pages", "ok 300 pages then"], "at most 300 pages"),
        ("books", ["a thriller under 300 pages", "make it 400 pages"], "at most 400 pages"),
        ("films", ["a western under 100 minutes", "two hours then"], "at most 2 h"),
        ("films", ["a film about robots, older then 1990"], "before 1990"),
        ("films", ["something funny, nothing from before like 1990"], "since 1990"),
        ("films", ["something funny", "no i mean i've only got an hour and 45 minutes"], "at most 1 h 45"),
        ("books", ["a Russian novel", "800 pages is exactly what I'm scared of"], "under 800 pages"),
        ("books", ["she reads a lot of those big family stories, so nothing enormous"], "under 500 pages"),
    ],
)
def test_bounds_as_people_put_them(demo: Tastemaker, catalog: str, messages: list[str], expected: str) -> None:
    fields = {"books": "pages", "films": "runtime" if "minutes" in " ".join(messages) else "year"}
    schema = demo.catalog(catalog).schema
    bounds = [p.label(schema) for p in ledger(demo, catalog, *messages).preferences if p.field == fields[catalog]]
    assert bounds == [expected]


@pytest.mark.parametrize(
    ("catalog", "said", "wanted", "refused"),
    [
        ("films", "funny, but not clever funny", {"funny"}, {"thought-provoking"}),
        ("films", "westerns from outside the United States", {"Western"}, {"United States"}),
        ("books", "No - non-fiction.", {"Non-Fiction"}, set()),
        ("films", "a thriller, I'm too tired to read subtitles", {"Thriller", "English"}, set()),
        ("films", "I just broke up with someone, I need cheering up", {"funny", "feel-good"}, set()),
        ("films", "a funy movie", {"funny"}, set()),
        ("films", "the funniest one you've got", {"funny"}, set()),
        ("books", "give me the saddest book you have", {"sad"}, set()),
        ("films", "a Bond film", {"James Bond"}, set()),
    ],
)
def test_what_is_meant_by_it(demo: Tastemaker, catalog: str, said: str, wanted: set[str], refused: set[str]) -> None:
    said_of = ledger(demo, catalog, said).preferences
    told = {way: {v for p in said_of if p.polarity == way and p.field for v in p.values} for way in ("want", "avoid")}
    assert wanted <= told["want"]
    assert told["want"] - wanted <= {"moving"}
    assert {v for v in told["avoid"] if isinstance(v, str)} == refused


@pytest.mark.parametrize(
    ("catalog", "messages"),
    [
        ("films", ["a Hitchcock film", "which one's the least scary? I had to leave the cinema in Jaws"]),
        ("films", ["a thriller", "which of these is the most romantic?"]),
        ("books", ["a mystery", "which of those is the saddest?"]),
    ],
)
def test_degrees_of_what_has_none_are_checked_on_those_shown(
    demo: Tastemaker, catalog: str, messages: list[str]
) -> None:
    act = planned(demo, catalog, *messages).act
    assert isinstance(act, Check)
    assert [r.everything for r in act.items] == [True]


def test_of_two_that_are_named_the_values_are_set_side_by_side(demo: Tastemaker) -> None:
    assert isinstance(planned(demo, "films", "which is scarier, Psycho or Jaws?").act, Compare)


@pytest.mark.parametrize("said", ["We've seen all the Toy Story ones to death", "no Toy Story films please"])
def test_a_series_called_like_its_first_item_is_heard_whole(demo: Tastemaker, said: str) -> None:
    catalog, after = demo.catalog("films"), ledger(demo, "films", f"{said}, something for tonight with the kids")
    toys = {i.id for i in catalog.items() if "Toy Story" in i.values("series")}
    assert len(toys) > 1
    refused = {v for p in after.preferences if p.polarity == "avoid" for v in p.values}
    assert toys <= {*after.seen} or "Toy Story" in refused


def test_the_same_as_before_is_kept(demo: Tastemaker) -> None:
    assert "at most 1 h 30" in held(demo, "films", "at most 90 minutes, a thriller", "same length, but a comedy")


def test_a_pair_of_names_is_no_half_of_it(demo: Tastemaker) -> None:
    assert "Tom Hardy" not in held(demo, "films", "a comedy, Laurel and Hardy or so")


def test_a_title_with_its_mark_puts_no_question(demo: Tastemaker) -> None:
    plan = planned(demo, "films", "Airplane! was hilarious")
    assert not isinstance(plan.act, Chat)
    assert isinstance(plan.act, Recommend)
    assert [o.stance for o in plan.heard.opinions] == ["liked"]


@pytest.mark.parametrize(
    "said",
    [
        "it's nearly three hours though, anything newer?",
        "he'd turn it off in ten minutes, something with more action",
        "right, and that's almost two hours. something funnier",
    ],
)
def test_how_long_something_shown_is_bounds_nothing(demo: Tastemaker, said: str) -> None:
    assert "runtime" not in [p.field for p in ledger(demo, "films", "a heist film", said).preferences]


def test_what_is_a_bit_much_is_refused(demo: Tastemaker) -> None:
    after = ledger(demo, "films", "something French", "a war film is a bit much, something cheerful please")
    assert {(p.polarity, *p.values) for p in after.preferences} >= {("avoid", "War"), ("want", "feel-good")}


def test_subtitles_that_are_welcome_exclude_nothing(demo: Tastemaker) -> None:
    after = ledger(demo, "films", "he's a bit deaf so subtitles are actually good, a western")
    assert "languages" not in [p.field for p in after.preferences]


@pytest.mark.parametrize("said", ["doesn't matter if it's not before 1960", "I don't care if it's before 1960"])
def test_a_bound_that_does_not_matter_is_dropped(demo: Tastemaker, said: str) -> None:
    assert held(demo, "films", "a comedy from before 1960", said) == ["comedy"]
