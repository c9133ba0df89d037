"""The official OpenAI client holds a conversation with the door, streaming and not."""

from __future__ import annotations

import json
from collections.abc import Iterator

import openai
import pytest

from agent.build import Tastemaker
from tests.api.conftest import Keyed
from tests.scripts import SCRIPTS
from tests.servers.http_door import HttpDoor


@pytest.fixture
def client(door: HttpDoor) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{door.url}/v1", api_key="none", max_retries=0) as made:
        yield made


def ours(answer: object) -> dict[str, object]:
    found: dict[str, object] = answer.model_extra["tastemaker"]
    return found


@pytest.mark.parametrize("catalog", SCRIPTS)
def test_a_conversation(catalog: str, client: openai.OpenAI, demo: Tastemaker) -> None:
    direct, messages, ids = demo.start(catalog).id, [], set()
    for said in SCRIPTS[catalog]:
        right = demo.respond(direct, said)
        messages.append({"role": "user", "content": said})
        answer = client.chat.completions.create(model=f"tastemaker-{catalog}", messages=messages, temperature=0.3)
        (choice,) = answer.choices
        assert (choice.message.role, choice.finish_reason) == ("assistant", "stop")
        assert choice.message.content == right.reply
        told = ours(answer)
        assert told["slate"] == json.loads(json.dumps([r.model_dump(mode="json") for r in right.slate]))
        assert told["ledger"] == json.loads(json.dumps(right.ledger.public()))
        assert (told["turn"], told["replayed"]) == (right.number, 0)
        ids.add(told["conversation"])
        messages.append({"role": "assistant", "content": choice.message.content})
    assert len(ids) == 1


@pytest.mark.parametrize("catalog", SCRIPTS)
def test_a_conversation_that_is_streamed(catalog: str, client: openai.OpenAI, demo: Tastemaker) -> None:
    direct, messages = demo.start(catalog).id, [{"role": "system", "content": "Answer as a pirate."}]
    for said in SCRIPTS[catalog]:
        right = demo.respond(direct, said)
        messages.append({"role": "user", "content": said})
        stream = client.chat.completions.create(
            model=f"tastemaker-{catalog}", messages=messages, stream=True, stream_options={"include_usage": True}
        )
        chunks = list(stream)
        text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
        assert text == right.reply
        assert sum(bool(c.choices and c.choices[0].delta.content) for c in chunks) > 1
        assert len({c.id for c in chunks}) == 1
        assert chunks[0].choices[0].delta.role == "assistant"
        ended, billed = chunks[-2:]
        assert ended.choices[0].finish_reason == "stop"
        assert ours(ended)["turn"] == right.number
        assert (billed.choices, billed.usage.total_tokens) == ([], 0)
        messages.append({"role": "assistant", "content": text + "\n"})


def test_another_answer_to_the_same_dialogue_is_a_fork(client: openai.OpenAI) -> None:
    first = {"role": "user", "content": "a comedy under 100 minutes"}
    begun = client.chat.completions.create(model="tastemaker-films", messages=[first])
    said = [first, {"role": "assistant", "content": begun.choices[0].message.content}]
    one = client.chat.completions.create(
        model="tastemaker-films", messages=[*said, {"role": "user", "content": "something newer"}]
    )
    other = client.chat.completions.create(
        model="tastemaker-films", messages=[*said, {"role": "user", "content": "no romance please"}]
    )
    assert ours(one)["conversation"] == ours(begun)["conversation"] != ours(other)["conversation"]
    assert (ours(one)["turn"], ours(other)["turn"]) == (2, 2)
    held = [p["value"] for p in ours(other)["ledger"]["preferences"]]
    assert ["Romance"] in held
    assert ours(other)["replayed"] == 0
    assert not any(p["field"] == "year" for p in ours(other)["ledger"]["preferences"])


def test_a_dialogue_that_began_elsewhere_is_read_again(client: openai.OpenAI) -> None:
    messages = [
        {"role": "assistant", "content": "Hello! What do you feel like?"},
        {"role": "user", "content": "no horror please"},
        {"role": "assistant", "content": "Understood."},
        {"role": "user", "content": [{"type": "text", "text": "something tense"}]},
    ]
    answer = client.chat.completions.create(model="tastemaker-films", messages=messages)
    told = ours(answer)
    assert told["replayed"] == 1
    assert ["Horror"] in [p["value"] for p in told["ledger"]["preferences"]]
    assert told["slate"]
    assert all("Horror" not in one["item"]["fields"]["genres"] for one in told["slate"])


def test_a_conversation_may_be_named_and_edited_beside(client: openai.OpenAI, door: HttpDoor) -> None:
    said = {"role": "user", "content": "something funny"}
    begun = ours(client.chat.completions.create(model="tastemaker-films", messages=[said]))
    wish = {"field": "runtime", "op": "lt", "value": 95}
    with door.client() as http:
        edited = http.patch(f"/v1/conversations/{begun['conversation']}/ledger", json={"version": 1, "wishes": [wish]})
        assert edited.status_code == 200
    named = {"tastemaker": {"conversation": begun["conversation"]}}
    answer = client.chat.completions.create(
        model="tastemaker-films", messages=[{"role": "user", "content": "others"}], extra_body=named
    )
    assert ours(answer)["turn"] == 2
    assert all(one["item"]["fields"]["runtime"] < 95 for one in ours(answer)["slate"])


def test_models(client: openai.OpenAI) -> None:
    assert {m.id for m in client.models.list()} == {"tastemaker-books", "tastemaker-films"}
    assert client.models.retrieve("tastemaker-books").owned_by == "tastemaker"
    for unknown in ("tastemaker-nothing", "gpt-4.1"):
        with pytest.raises(openai.NotFoundError):
            client.models.retrieve(unknown)


USER = {"role": "user", "content": "hello"}
TOOL = {"type": "function", "function": {"name": "f", "parameters": {}}}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"messages": []}, "messages"),
        ({"messages": [USER, {"role": "assistant", "content": "hi"}]}, "last message"),
        ({"messages": [{"role": "user", "content": ""}]}, "last message"),
        ({"messages": [{"role": "user", "content": "x" * 4001}]}, "longer than"),
        ({"n": 2}, "more than one"),
        ({"tools": [TOOL]}, "tools"),
        ({"logprobs": True}, "log-prob"),
        ({"response_format": {"type": "json_object"}}, "format"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]}, "text"),
    ],
)
def test_what_is_not_done_is_refused_and_not_passed_over(
    change: dict[str, object], said: str, client: openai.OpenAI
) -> None:
    asked = {"model": "tastemaker-films", "messages": [USER]} | change
    with pytest.raises(openai.UnprocessableEntityError) as refused:
        client.chat.completions.create(**asked)
    assert said in refused.value.message
    assert refused.value.body["type"] == "invalid_request_error"


def test_a_wrong_key_is_told_as_openai_tells_it(keyed: Keyed) -> None:
    client = openai.OpenAI(base_url=f"{keyed.door.url}/v1", api_key="tm_wrong", max_retries=0)
    with pytest.raises(openai.AuthenticationError) as refused:
        client.models.list()
    assert "API key" in refused.value.message
    good = openai.OpenAI(base_url=f"{keyed.door.url}/v1", api_key=keyed.bob, max_retries=0)
    answer = good.chat.completions.create(model="tastemaker-books", messages=[USER])
    assert answer.choices[0].message.content
    with pytest.raises(openai.NotFoundError):
        good.chat.completions.create(model="tastemaker-films", messages=[USER])
