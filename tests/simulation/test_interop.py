"""DialogueKit: utterances of others as turns, our recommender as their agent, our people as their users."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from agent.build import Tastemaker
from core.errors import BadInput, OperatorMustFix
from core.turn import Conversation
from evaluation.naming import Titles
from simulation.agenda import AgendaUser
from simulation.interop.reading import Reading, Spoken, SpokenAct
from simulation.interop.vocabulary import Vocabulary
from simulation.needs import Need
from simulation.personas import Persona
from simulation.population import Member
from simulation.protocol import End, EndReason, Utterance
from simulation.runner import converse
from simulation.tasks import Constraint
from tests.worlds import demo_world

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "interoperation.md"
INSTALLED = importlib.util.find_spec("dialoguekit") is not None
kit = pytest.mark.skipif(not INSTALLED, reason="DialogueKit is not installed: pip install 'dialoguekit>=0.1.1,<0.2'")
EMPTY = Conversation(id="c", catalog="films")


def reading(world: str, **words: object) -> Reading:
    catalog = demo_world(world).catalog
    return Reading(catalog, Titles(catalog.items).named, Vocabulary.model_validate(words))


def ids(world: str, spoken: Spoken, message: str = "hello", conversation: Conversation = EMPTY) -> list[str]:
    return [i.id for i in reading(world).shown(conversation, message, spoken)]


@pytest.mark.parametrize(
    ("world", "title", "item"), [("films", "The Kid", "the-kid-1921"), ("books", "The Hobbit", "the-hobbit-1937")]
)
def test_items_come_from_ids_else_annotations_else_the_text(world: str, title: str, item: str) -> None:
    other = demo_world(world).catalog.items[0]
    act = SpokenAct(intent="RECOMMEND", slots=(("title", title.upper()), ("GENRE", "x")))
    text = f"How about **{title}**, or {other.title}?"
    assert ids(world, Spoken(text=text, acts=(act,), items=(other.id, "unknown"))) == [other.id]
    assert ids(world, Spoken(text=text, acts=(act,))) == [item]
    assert ids(world, Spoken(text=text)) == [item, other.id]


def test_what_the_person_named_is_not_shown_to_them() -> None:
    said = Spoken(text="As you liked The Gold Rush: Safety Last! it is.")
    assert ids("films", said) == ["the-gold-rush-1925", "safety-last-1923"]
    assert ids("films", said, "I like The Gold Rush") == ["safety-last-1923"]
    turn = reading("films").turn(EMPTY, "I like The Gold Rush", Spoken(text="Noted."))
    assert ids("films", said, "and now?", EMPTY.plus(turn)) == ["safety-last-1923"]


@pytest.mark.parametrize(
    ("spoken", "field", "asks"),
    [
        (Spoken(text="Which kind?", acts=(SpokenAct(intent="ELICIT", slots=(("GENRES", None),)),)), "genres", True),
        (Spoken(text="Which kind?", acts=(SpokenAct(intent="Inquire", slots=(("KIND", None),)),)), "genres", True),
        (Spoken(text="And?", acts=(SpokenAct(intent="ELICIT", slots=(("COLOUR", None),)),)), None, True),
        (Spoken(text="Anything else that matters? "), None, True),
        (Spoken(text="I see."), None, False),
        (Spoken(text="How about **The Kid**?"), None, False),
    ],
)
def test_questions(spoken: Spoken, field: str | None, *, asks: bool) -> None:
    turn = reading("films", fields={"KIND": "genres"}).turn(EMPTY, "hello", spoken, "them")
    assert (turn.question is not None) is asks
    assert (turn.question.field if turn.question else None) == field
    assert turn.trace[0].note == "them"
    assert turn.reply == spoken.text
    assert turn.plan.act.kind == ("ask" if asks else "recommend" if turn.slate else "chat")


@pytest.mark.skipif(INSTALLED, reason="DialogueKit is installed")
def test_without_dialoguekit_it_is_said_what_to_do() -> None:
    with pytest.raises(OperatorMustFix, match="pip install"):
        importlib.import_module("simulation.interop.kit")


COMEDY = Constraint(field="genres", op="contains", value="Comedy")
OLD = Constraint(field="year", op="<=", value=1930, reveal="on_ask")
MEMBER = Member(
    id="m1",
    need=Need(wants=(COMEDY, OLD), target="the-kid-1921"),
    persona=Persona(cooperativeness=1, knowledge=1, curiosity=0, noise=0),
)


def person(seed: int = 5) -> AgendaUser:
    catalog = demo_world("films").catalog
    return AgendaUser(MEMBER, catalog.schema, catalog.find, seed)


def theirs(plain: bool) -> type:
    """An agent as others write them: asks for a year, then shows one item after the other; annotated or not."""
    from simulation.interop.kit import (
        Agent,
        AnnotatedUtterance,
        DialogueAct,
        DialogueParticipant,
        Intent,
        SlotValueAnnotation,
    )

    class TheirAgent(Agent):
        def __init__(self, name: str = "theirs") -> None:
            super().__init__(name)
            self.left = ["The Gold Rush", "Safety Last!", "The Kid"]
            self.asked = False

        def welcome(self) -> None:
            self.send("Hi, I am their agent. What would you like?")

        def goodbye(self) -> None:
            self.send("Bye.", DialogueAct(intent=self.stop_intent))

        def receive_utterance(self, utterance: object) -> None:
            if not self.asked:
                self.asked = True
                self.send("From which time?", DialogueAct(Intent("ELICIT"), [SlotValueAnnotation("YEAR")]))
            elif self.left:
                title = self.left.pop(0)
                self.send(f"Try “{title}”.", DialogueAct(Intent("RECOMMEND"), [SlotValueAnnotation("TITLE", title)]))
            else:
                self.goodbye()

        def send(self, text: str, act: object = None) -> None:
            acts = [act] if act is not None and not plain else []
            said = AnnotatedUtterance(text, participant=DialogueParticipant.AGENT, dialogue_acts=acts)
            self.dialogue_connector.register_agent_utterance(said)

    return TheirAgent


@kit
@pytest.mark.parametrize("plain", [False, True])
def test_our_person_talks_to_their_agent_over_a_connector_and_in_our_runner_alike(plain: bool) -> None:
    from simulation.interop.kit import DialogueConnector, silent_platform
    from simulation.interop.recommender import OtherRecommender
    from simulation.interop.user import SimulatedUser

    user = SimulatedUser(person(), reading("films"), EMPTY)
    with pytest.raises(BadInput, match="not ended"):
        _ = user.dialogue
    connector = DialogueConnector(theirs(plain)(), user, silent_platform(), save_dialogue_history=False)
    connector.start()
    held = user.dialogue
    assert held.ending is EndReason.accepted
    assert held.accepted == "the-kid-1921"
    assert [[r.item.title for r in t.slate] for t in held.turns] == [
        [],
        ["The Gold Rush"],
        ["Safety Last!"],
        ["The Kid"],
    ]
    assert held.turns[0].question.field == (None if plain else "year")
    assert "1930" in held.turns[1].message or plain
    texts = [u.text for u in connector.dialogue_history.utterances]
    assert texts[-1] == held.last_word
    assert texts[1:-1:2] == [t.message for t in held.turns]
    intents = {i.label for u in connector.dialogue_history.utterances[1::2] for i in u.get_intents()}
    assert {"DISCLOSE", "INQUIRE"} <= intents
    in_runner = converse(OtherRecommender(theirs(plain), reading("films")), EMPTY, person(), 20)
    assert in_runner == held


@kit
def test_a_person_who_is_never_served_is_stopped() -> None:
    from simulation.interop.kit import DialogueConnector, silent_platform
    from simulation.interop.user import SimulatedUser

    class Patient:
        def next(self, conversation: Conversation) -> Utterance | End:
            return Utterance(text=f"no {len(conversation.turns)}", acts=("reject",))

    class Deaf(theirs(plain=True)):
        def receive_utterance(self, utterance: object) -> None:
            self.send("Sorry?")

    user = SimulatedUser(Patient(), reading("films"), EMPTY, most_turns=3)
    DialogueConnector(Deaf(), user, silent_platform(), save_dialogue_history=False).start()
    assert user.dialogue.ending is EndReason.turn_limit
    assert [t.message for t in user.dialogue.turns] == ["no 0", "no 1", "no 2"]


@kit
def test_an_agent_of_theirs_holds_one_conversation_and_must_answer() -> None:
    from simulation.interop.recommender import OtherRecommender

    class Mute(theirs(plain=True)):
        def receive_utterance(self, utterance: object) -> None:
            """Says nothing."""

    with pytest.raises(OperatorMustFix, match="did not answer 'hello'"):
        OtherRecommender(Mute, reading("films"))(EMPTY, "hello")
    held = OtherRecommender(theirs(plain=True), reading("films"))
    first = EMPTY.plus(held(EMPTY, "hello"))
    assert [r.item.title for r in held(first, "more").slate] == ["The Gold Rush"]
    with pytest.raises(BadInput, match="holds conversation 'c'"):
        held(first.model_copy(update={"id": "d"}), "more")
    assert held(EMPTY, "hello again").question is not None, "a new conversation has a new agent"


def their_user(lines: Iterable[str]) -> type:
    """A scripted simulator, speaking the way UserSimCRS's do; leaves by the intent of its last line."""
    from simulation.interop.kit import (
        AnnotatedUtterance,
        DialogueAct,
        DialogueParticipant,
        Intent,
        KitUser,
        UserType,
    )

    class TheirUser(KitUser):
        def __init__(self, name: str) -> None:
            super().__init__(name, UserType.SIMULATOR)
            self.lines = list(lines)
            self.heard: list[object] = []

        def receive_utterance(self, utterance: object) -> None:
            self.heard.append(utterance)
            intent = "DISCLOSE" if self.lines else "COMPLETE"
            said = AnnotatedUtterance(
                self.lines.pop(0) if self.lines else "that is all",
                participant=DialogueParticipant.USER,
                dialogue_acts=[DialogueAct(intent=Intent(intent))],
            )
            self.dialogue_connector.register_user_utterance(said)

    return TheirUser


@kit
def test_their_user_talks_to_our_recommender(demo: Tastemaker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dialoguekit.utils.dialogue_reader import json_to_dialogues

    from simulation.interop.agent import agent_class
    from simulation.interop.kit import DialogueConnector, silent_platform, spoken

    monkeypatch.chdir(tmp_path)
    schema = demo.catalog("films").schema
    ours = agent_class(demo.answer, schema, lambda: Conversation(id="dk", catalog="films"))
    user = their_user(["a comedy, please", "before 1930"])("them")
    platform = silent_platform()
    DialogueConnector(ours(), user, platform).start()
    assert schema.purpose in user.heard[0].text
    shown = [s for s in map(spoken, user.heard) if s.items]
    assert shown, "two wishes are enough for a slate"
    catalog = demo.catalog("films")
    for utterance in shown:
        titles = [i.title for i in catalog.find(utterance.items)]
        revealed = next(a for a in utterance.acts if a.intent == "REVEAL")
        assert [title for _, title in revealed.slots] == titles
    assert all("Comedy" in i.values("genres") for i in catalog.find(shown[-1].items))
    asked = [a for s in map(spoken, user.heard) for a in s.acts if a.intent == "INQUIRE"]
    assert all(slot.lower() in schema.by_name for a in asked for slot, _ in a.slots)
    (saved,) = json_to_dialogues(str(tmp_path / "dialogue_export" / "tastemaker_them.json"))
    assert [u.text for u in saved.utterances][-2:] == ["that is all", "Goodbye!"]


@kit
def test_our_person_talks_to_our_recommender_by_way_of_dialoguekit(demo: Tastemaker) -> None:
    from simulation.interop.agent import agent_class
    from simulation.interop.recommender import OtherRecommender

    catalog = demo.catalog("films")
    ours = agent_class(demo.answer, catalog.schema, lambda: Conversation(id="dk", catalog="films"))
    through = converse(OtherRecommender(ours, reading("films")), EMPTY, person(), 12)
    direct = converse(demo.answer, EMPTY, person(), 12)
    assert through.ending is direct.ending
    assert through.accepted == direct.accepted == "the-kid-1921"
    first = [[r.item.id for r in d.turns[0].slate] for d in (through, direct)]
    assert first[0] == first[1]
    assert through.turns[0].reply == direct.turns[0].reply


@kit
def test_the_examples_of_the_page_work(demo_home: Path, tmp_path: Path) -> None:
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) >= 3
    environment = {"TASTEMAKER_HOME": str(demo_home), "PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}
    for block in blocks:
        done = subprocess.run(
            [sys.executable, "-c", block], env=environment, capture_output=True, text=True, cwd=tmp_path, timeout=300
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.strip()
