"""The agenda-based person: tells bit by bit, never gives the item in mind away, and behaves as the persona says."""

from __future__ import annotations

import re
from collections.abc import Sequence
from statistics import mean

import pytest

from core.items import Item
from core.turn import Conversation, Question, Turn
from simulation.agenda import AgendaUser
from simulation.needs import Need
from simulation.personas import Persona
from simulation.population import Member
from simulation.protocol import Dialogue, End, EndReason
from simulation.runner import Recommender, converse
from simulation.tasks import Constraint
from tests.simulation.played import LAMPS, SHOP, lamp, talk

TARGET, OTHER = SHOP.items[0], SHOP.items[2]
CHEAP = Constraint(field="price", op="<=", value=10)
COLOUR = Constraint(field="colour", op="contains", value="red", reveal="on_ask")
ASKING = Question(text="Which colour?", kind="preference", field="colour")


def turned(held: Conversation, said: str, items: Sequence[Item], question: Question | None) -> Turn:
    """An answer that shows these items and asks this."""
    (turn,) = talk((said, "", items, question) if question else (said, "", items)).turns
    return turn.model_copy(update={"number": len(held.turns) + 1})


def member(persona: Persona, *wants: Constraint, liked: Sequence[Item] = ()) -> Member:
    need = Need(
        wants=wants or (CHEAP, COLOUR),
        target=TARGET.id,
        relevant=(TARGET.id,),
        liked=tuple(i.id for i in liked),
        known=tuple(i.id for i in liked),
    )
    return Member(id="somebody", need=need, persona=persona)


def find(ids: Sequence[str]) -> list[Item]:
    return [i for wanted in ids for i in SHOP.items if i.id == wanted]


def user(persona: Persona, seed: int, *wants: Constraint, liked: Sequence[Item] = ()) -> AgendaUser:
    return AgendaUser(member(persona, *wants, liked=liked), LAMPS, find, seed)


def shows(*items: Item, question: Question | None = None) -> Recommender:
    return lambda held, said: turned(held, said, items, question)


def held(persona: Persona, seed: int, recommender: Recommender, *wants: Constraint) -> Dialogue:
    return converse(recommender, talk(), user(persona, seed, *wants), 12)


@pytest.mark.parametrize("seed", range(8))
def test_the_item_in_mind_is_taken_and_never_named_before(seed: int) -> None:
    answers = iter([(OTHER,), (OTHER,), (TARGET, OTHER)])
    dialogue = held(Persona(), seed, lambda c, said: turned(c, said, next(answers), None))
    assert (dialogue.ending, dialogue.accepted) == (EndReason.accepted, TARGET.id)
    said = " ".join(t.message for t in dialogue.turns)
    assert not re.search(rf"\b{re.escape(TARGET.title)}\b", said, re.IGNORECASE)


def test_the_same_seed_says_the_same() -> None:
    one, other = (held(Persona(wavering=0.3), 7, shows(OTHER)) for _ in range(2))
    assert [t.message for t in one.turns] == [t.message for t in other.turns]


def test_hidden_wishes_are_never_said() -> None:
    hidden = COLOUR.model_copy(update={"reveal": "hidden"})
    for seed in range(20):
        dialogue = held(Persona(), seed, shows(OTHER, question=ASKING), CHEAP, hidden)
        assert all(hidden not in told for told in dialogue.told)
        assert not re.search(r"\bred\b", " ".join(t.message for t in dialogue.turns))


def test_patience_is_the_number_of_messages() -> None:
    for patience in (2, 5):
        dialogue = held(Persona(patience=patience), 1, shows(OTHER))
        assert (dialogue.ending, len(dialogue.turns)) == (EndReason.given_up, patience)


def test_what_is_known_is_said_to_be_known() -> None:
    someone = user(Persona(curiosity=0), 3, liked=[OTHER])
    first = someone.next(talk())
    assert not isinstance(first, End)
    told = someone.next(talk().plus(turned(talk(), first.text, (OTHER,), None)))
    assert not isinstance(told, End)
    assert "say_known" in told.acts


@pytest.mark.parametrize(("trait", "act"), [("curiosity", "ask"), ("wavering", "change"), ("knowledge", "answer")])
def test_more_of_a_trait_is_more_of_its_act(trait: str, act: str) -> None:
    recommender = shows(OTHER) if trait != "knowledge" else shows(question=ASKING)

    def share(strength: float) -> float:
        plain = {"curiosity": 0.0, "wavering": 0.0, trait: strength}
        acts = [a for seed in range(40) for a in held(Persona(patience=6, **plain), seed, recommender).acts]  # type: ignore[arg-type]
        return mean(act in done for done in acts)

    assert share(0.1) < share(0.9)


def test_a_slip_of_mind_is_put_right_in_the_next_message() -> None:
    for seed in range(60):
        dialogue = held(Persona(wavering=1.0, several=0.0), seed, shows(OTHER), CHEAP)
        if len(dialogue.turns) > 1 and "change" in dialogue.acts[1]:
            assert CHEAP in dialogue.told[1]
            return
    raise AssertionError("nobody ever slipped")


def test_another_liked_item_that_meets_every_wish_is_as_good() -> None:
    twin = lamp("twin", colour="red", price=8)
    somebody = member(Persona())
    need = somebody.need.model_copy(update={"relevant": (TARGET.id, twin.id)})
    someone = AgendaUser(somebody.model_copy(update={"need": need}), LAMPS, find, 1)
    dialogue = converse(shows(twin), talk(), someone, 5)
    assert dialogue.accepted == twin.id
