"""Items named in passing: by a part of their title, by what is told of them, or not in the catalogue at all."""

from __future__ import annotations

import pytest

from core.turn import Conversation
from tests.understanding.contexts import context_of
from tests.worlds import World, demo_world


@pytest.fixture(scope="module")
def world() -> World:
    return demo_world("films")


def marked(world: World, said: str, context: str = "slate") -> list[tuple[str, bool | None]]:
    """(title, seen) of every item a message marks."""
    conversation = context_of(context, world)
    plan = world.planner.plan(conversation, said)
    listened = world.listener.listen(conversation, plan.heard)
    titles = {i.id: i.title for i in world.catalog.items}
    return [(titles[m.item], m.seen) for m in listened.patch.marks]


def test_a_shown_item_goes_by_a_part_of_its_title(world: World) -> None:
    assert ("The Taking of Pelham One Two Three", True) in marked(world, "I have already seen Pelham")


def test_an_item_goes_by_a_telling_part_of_its_title(world: World) -> None:
    assert ("Once Upon a Time in the West", True) in marked(world, "I've seen Time in the West, what else?", "")


def test_who_is_not_in_the_catalogue_is_said_not_to_be(world: World) -> None:
    empty = Conversation(id="c", catalog="films")
    heard = world.planner.plan(empty, "something with Zebulon Quaxworth").heard
    listened = world.listener.listen(empty, heard)
    assert listened.remarks.unknown_titles == ("Zebulon Quaxworth",)
    assert not listened.patch.put


def test_a_pronoun_with_three_on_the_slate_is_asked_about(world: World) -> None:
    conversation = context_of("slate", world)
    plan = world.planner.plan(conversation, "seen it")
    listened = world.listener.listen(conversation, plan.heard)
    assert listened.question is not None
    assert listened.question.text == "Which one do you mean?"
    assert not listened.patch.marks


@pytest.mark.parametrize("said", ["do you have Jaws 3?", "I loved Jaws 2 and all that", "have you got Jaws 4?"])
def test_a_sequel_that_is_not_here_is_not_the_first_part(world: World, said: str) -> None:
    empty = Conversation(id="c", catalog="films")
    plan = world.planner.plan(empty, said)
    listened = world.listener.listen(empty, plan.heard)
    assert not listened.patch.marks
    assert not [i for i in getattr(plan.act, "items", ()) if i.title == "Jaws"]


def test_a_slip_of_a_title_goes_before_a_slip_of_a_name(world: World) -> None:
    assert ("The Matrix", None) in marked(world, "gimme smth like the matrx", "")


def test_the_loved_title_in_small_letters_behind_another_wish(world: World) -> None:
    assert ("Pulp Fiction", None) in marked(world, "i hate tom cruise and i loved pulp fiction", "")
