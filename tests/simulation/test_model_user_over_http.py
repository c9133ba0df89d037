"""A person played by a model, end to end: the real agent, the real adapter and HTTP, a scripted server for a model."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from agent.build import Tastemaker
from agent.models.chat import LangChainModel
from core.events import ModelRequest
from core.turn import Conversation
from simulation.model_user import ModelUser
from simulation.needs import Need
from simulation.personas import Persona
from simulation.population import Member
from simulation.protocol import Dialogue, EndReason
from simulation.runner import converse
from simulation.tasks import Constraint
from tests.agent.test_models_chat import model_at
from tests.servers.openai_server import Answer, OpenAIServer
from tests.simulation.played import plays, says

STEADY = Persona(cooperativeness=1, knowledge=1, several=1, curiosity=0, patience=4)


def member_of(demo: Tastemaker, catalog: str) -> Member:
    """Somebody who has the least known item of the commonest kind in mind, and likes another."""
    held = demo.catalog(catalog)
    kind, fame = (spec.name for role in ("genre", "popularity") if (spec := held.schema.role(role)))
    items = [i for i in held.items() if len(i.title.split()) > 2 and i.values(kind) and i.values(fame)]
    common = Counter(v for i in items for v in i.values(kind)).most_common(1)[0][0]
    target, *_, liked = sorted((i for i in items if common in i.values(kind)), key=lambda i: (i.values(fame), i.id))
    want = Constraint(field=kind, op="contains", value=common)
    return Member(id="m", need=Need(wants=(want,), target=target.id, liked=(liked.id,)), persona=STEADY)


def complete_with(model: LangChainModel) -> Any:
    def complete(system: str, user: str, schema: dict[str, Any], prompt_hash: str) -> str:
        request = ModelRequest(call="person", system=system, user=user, json_schema=schema, prompt_hash=prompt_hash)
        return model.complete(request).text

    return complete


def held(
    demo: Tastemaker, server: OpenAIServer, member: Member, catalog: str, *, free: bool = False, **choices: Any
) -> tuple[Dialogue, ModelUser]:
    found = demo.catalog(catalog)
    complete = complete_with(model_at(server, **choices))
    person = ModelUser(member, found.schema, found.find, complete, 3, free=free)
    conversation = Conversation(id="c", catalog=catalog)
    return converse(demo.answer, conversation, person, 6), person


def answer(value: object, **more: Any) -> Answer:
    return Answer(value if isinstance(value, str) else json.dumps(value), **more)


@pytest.mark.parametrize("catalog", ["films", "books"])
def test_a_dialogue_over_http_keeps_its_target_to_itself(demo: Tastemaker, catalog: str) -> None:
    member = member_of(demo, catalog)
    want = str(member.need.wants[0].value)
    script = [answer(says(f"something with {want.lower()}", 1))] + [answer(says("no, not those", 1))] * 3
    with OpenAIServer([*script, answer(says("enough of this"))]) as server:
        dialogue, person = held(demo, server, member, catalog)
    shown = {r.item.id for t in dialogue.turns for r in t.slate}
    assert shown
    assert member.need.target not in shown
    assert (dialogue.ending, dialogue.last_word) == (EndReason.given_up, "enough of this")
    assert dialogue.told[0] == member.need.wants
    assert person.record.asked == 5
    title = demo.catalog(catalog).item(str(member.need.target)).title
    for body in server.requests:
        assert title not in json.dumps(body, ensure_ascii=False)
        assert body["response_format"]["json_schema"]["strict"] is True


def test_the_target_is_taken_as_soon_as_it_is_shown(demo: Tastemaker) -> None:
    catalog = demo.catalog("films")
    first = demo.answer(Conversation(id="c", catalog="films"), "a western").slate[1].item
    want = Constraint(field="genres", op="contains", value=first.values("genres")[0])
    member = Member(id="m", need=Need(wants=(want,), target=first.id), persona=STEADY)
    with OpenAIServer([answer(says("a western", 1)), answer(says("sold"))]) as server:
        dialogue, _ = held(demo, server, member, catalog.name)
    assert (dialogue.ending, dialogue.accepted, dialogue.last_word) == (EndReason.accepted, first.id, "sold")


def test_malformed_answers_and_a_leak_are_asked_for_once_more_and_fail_the_second_time(demo: Tastemaker) -> None:
    member = member_of(demo, "films")
    leak = says(f"like {demo.catalog('films').item(str(member.need.target)).title}", 1)
    good = says("something good", 1)
    with OpenAIServer(
        [answer("{ not json"), answer(good), answer(leak), answer(says("no", 1)), answer(leak), answer("[]")]
    ) as server:
        dialogue, person = held(demo, server, member, "films")
    assert dialogue.ending is EndReason.person_failed
    assert len(dialogue.turns) == 2
    assert (person.record.unusable, person.record.caught) == (2, 2)
    assert "named a title" in server.requests[3]["messages"][1]["content"]
    assert person.record.fault == "an answer of the model could not be used: unreadable"


def test_a_refusal_ends_it_at_once(demo: Tastemaker) -> None:
    with OpenAIServer([Answer(refusal="I cannot play people.")]) as server:
        dialogue, person = held(demo, server, member_of(demo, "films"), "films")
    assert dialogue.ending is EndReason.person_failed
    assert person.record.asked == 1
    assert "refused" in person.record.fault


def test_a_server_that_does_not_answer_in_time_is_tried_again_and_then_fails(demo: Tastemaker) -> None:
    slow = Answer("{}", delay_s=1.0)
    with OpenAIServer([slow, answer(says("late but there", 1)), slow, slow]) as server:
        dialogue, person = held(demo, server, member_of(demo, "films"), "films", timeout_s=0.2, max_retries=0)
    assert dialogue.ending is EndReason.person_failed
    assert [t.message for t in dialogue.turns] == ["late but there"]
    assert person.record.unusable == 3
    assert person.record.fault


def test_what_a_free_model_gives_away_is_sent_and_counted(demo: Tastemaker) -> None:
    member = member_of(demo, "films")
    title = demo.catalog("films").item(str(member.need.target)).title
    with OpenAIServer(
        [answer(plays(f"I want {title}", acts=["open"])), answer(plays("fine", decision="give_up"))]
    ) as server:
        dialogue, person = held(demo, server, member, "films", free=True)
    assert dialogue.turns[0].message == f"I want {title}"
    assert person.record.leaked == (title,)
