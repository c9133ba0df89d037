"""Conversations over HTTP: the same turns as everywhere, versions, idempotency, events."""

from __future__ import annotations

import json
import threading

import httpx
import pytest

from agent.build import Tastemaker
from api.views import ConversationView, TurnView
from tests.scripts import SCRIPTS
from tests.servers.http_door import HttpDoor
from tests.test_doors import timeless


def start(http: httpx.Client, catalog: str = "films", **more: str) -> str:
    made = http.post("/v1/conversations", json={"catalog": catalog, **more})
    assert made.status_code == 201, made.text
    assert made.headers["location"] == f"/v1/conversations/{made.json()['id']}"
    ConversationView.model_validate_json(made.text)
    return made.json()["id"]


def events(response: httpx.Response) -> list[tuple[str, dict[str, object]]]:
    """The messages of a stream, with the comments left out."""
    told = []
    for block in response.read().decode().split("\n\n"):
        lines = [line for line in block.splitlines() if not line.startswith(":")]
        if lines:
            assert [line.split(":")[0] for line in lines] == ["event", "data"]
            told.append((lines[0].removeprefix("event: "), json.loads(lines[1].removeprefix("data: "))))
    return told


@pytest.mark.parametrize("catalog", SCRIPTS)
def test_the_turns_are_those_of_python(catalog: str, http: httpx.Client, demo: Tastemaker) -> None:
    told, streamed, direct = start(http, catalog), start(http, catalog), demo.start(catalog).id
    for message in SCRIPTS[catalog]:
        right = json.loads(json.dumps(demo.respond(direct, message).public()))
        answer = http.post(f"/v1/conversations/{told}/messages", json={"message": message})
        assert answer.status_code == 200, answer.text
        TurnView.model_validate_json(answer.text)
        assert timeless(answer.json()) == timeless(right)
        with http.stream(
            "POST",
            f"/v1/conversations/{streamed}/messages",
            json={"message": message},
            headers={"Accept": "text/event-stream"},
        ) as response:
            assert response.headers["content-type"].startswith("text/event-stream")
            heard = events(response)
        names = [name for name, _ in heard]
        assert names[-1] == "done"
        assert names.count("plan") == names.count("done") == 1
        turn = heard[-1][1]["turn"]
        assert timeless(turn) == timeless(right)
        assert "".join(str(data["text"]) for name, data in heard if name == "text") == turn["reply"]
        assert [data["recommendation"] for name, data in heard if name == "item"] == turn["slate"]
        assert [data for name, data in heard if name == "stage"] == turn["trace"]
    kept = http.get(f"/v1/conversations/{told}/turns").json()["turns"]
    assert [t["message"] for t in kept] == list(SCRIPTS[catalog])
    assert [t["number"] for t in http.get(f"/v1/conversations/{told}/turns?after=3&limit=1").json()["turns"]] == [4]


def test_an_edit_holds_and_one_thought_for_an_older_version_is_refused(http: httpx.Client) -> None:
    at = f"/v1/conversations/{start(http)}"
    wish = {"field": "runtime", "op": "lt", "value": 100}
    edited = http.patch(f"{at}/ledger", json={"version": 0, "wishes": [wish]})
    assert edited.status_code == 200, edited.text
    (held,) = edited.json()["ledger"]["preferences"]
    assert (held["field"], held["op"], held["value"], edited.json()["version"]) == ("runtime", "lt", 100, 1)
    stale = http.patch(f"{at}/ledger", json={"version": 0, "drop": [held["id"]]})
    assert stale.status_code == 409
    assert stale.headers["content-type"] == "application/problem+json"
    assert "version 1" in stale.json()["detail"]
    slate = http.post(f"{at}/messages", json={"message": "something funny"}).json()["slate"]
    assert slate
    assert all(one["item"]["fields"]["runtime"] < 100 for one in slate)
    softer = http.patch(f"{at}/ledger", json={"version": 2, "revise": [{"id": held["id"], "strength": "soft"}]})
    assert softer.json()["ledger"]["preferences"][0]["strength"] == "soft"
    undone = http.post(f"{at}/undo", json={"version": 3})
    assert undone.json()["ledger"]["preferences"][0]["strength"] == "hard"
    assert http.post(f"{at}/undo", json={"version": 3}).status_code == 409
    redone = http.post(f"{at}/redo", json={"version": 4})
    assert redone.json()["ledger"]["preferences"][0]["strength"] == "soft"
    assert http.post(f"{at}/redo", json={"version": 5}).status_code == 422


@pytest.mark.parametrize(
    "edit",
    [
        {},
        {"drop": ["p99"]},
        {"decline": ["nothing"]},
        {"marks": [{"item": "nobody", "opinion": "liked"}]},
        {"wishes": [{"field": "nothing", "op": "eq", "value": 1}]},
        {"wishes": [{"field": "runtime", "op": "contains", "value": "long"}]},
        {"wishes": [{"field": "genres", "op": "lt", "value": 3}]},
        {"wishes": [{"field": "runtime", "op": "between", "value": 3}]},
        {"wishes": [{"field": "runtime", "op": "lt", "value": 1e300}]},
        {"wishes": [{"field": "genres", "op": "any_of", "value": ["no such thing at all"]}]},
        {"revise": [{"id": "p1", "strength": "soft"}]},
        {"unknown": 1},
    ],
)
def test_an_edit_that_cannot_be_meant_is_refused(edit: dict[str, object], http: httpx.Client) -> None:
    at = f"/v1/conversations/{start(http)}"
    refused = http.patch(f"{at}/ledger", json={"version": 0, **edit})
    assert refused.status_code == 422, refused.text
    assert refused.json()["detail"]
    assert http.get(at).json()["version"] == 0


def test_feedback_is_kept(http: httpx.Client) -> None:
    at = f"/v1/conversations/{start(http)}"
    slate = http.post(f"{at}/messages", json={"message": "a comedy"}).json()["slate"]
    first, second = (one["item"]["id"] for one in slate[:2])
    liked = http.post(f"{at}/feedback", json={"item": first, "opinion": "liked", "seen": True}).json()["ledger"]
    assert (liked["liked"], liked["seen"]) == ([first], [first])
    passed = http.post(f"{at}/feedback", json={"item": second, "opinion": "disliked"}).json()["ledger"]
    assert passed["disliked"] == [second]
    again = http.post(f"{at}/messages", json={"message": "others"}).json()["slate"]
    assert not {first, second} & {one["item"]["id"] for one in again}
    assert http.post(f"{at}/feedback", json={"item": "nobody", "opinion": "liked"}).status_code == 422


def test_a_request_under_one_name_is_answered_once(http: httpx.Client) -> None:
    named = {"Idempotency-Key": "one"}
    made = [http.post("/v1/conversations", json={"catalog": "films"}, headers=named).json() for _ in range(2)]
    assert made[0] == made[1]
    at = f"/v1/conversations/{made[0]['id']}"
    named = {"Idempotency-Key": f"two-{made[0]['id']}"}
    body = {"message": "something tense"}
    first = http.post(f"{at}/messages", json=body, headers=named).json()
    again = http.post(f"{at}/messages", json=body, headers=named).json()
    assert first == again
    streamed = http.post(f"{at}/messages", json=body | {"stream": True}, headers=named)
    assert events(streamed)[-1][1]["turn"] == first
    other = http.post(f"{at}/messages", json={"message": "something else"}, headers=named)
    assert (other.status_code, other.json()["type"]) == (422, "urn:tastemaker:request-reused")
    assert http.get(at).json()["turns"] == 1


def test_a_request_sent_twice_at_once_is_answered_once(door: HttpDoor, http: httpx.Client) -> None:
    at = f"/v1/conversations/{start(http)}"
    together, answers = threading.Barrier(4), []

    def send() -> None:
        with door.client() as client:
            together.wait()
            sent = client.post(f"{at}/messages", json={"message": "a drama"}, headers={"Idempotency-Key": f"x-{at}"})
            answers.append((sent.status_code, sent.json()))

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [status for status, _ in answers] == [200] * 4
    assert all(body == answers[0][1] for _, body in answers)
    assert http.get(at).json()["turns"] == 1


def test_of_two_messages_at_once_one_is_told_that_the_conversation_moved(door: HttpDoor, http: httpx.Client) -> None:
    at = f"/v1/conversations/{start(http)}"
    together, statuses = threading.Barrier(6), []

    def send(number: int) -> None:
        with door.client() as client:
            together.wait()
            statuses.append(client.post(f"{at}/messages", json={"message": f"a drama {number}"}).status_code)

    threads = [threading.Thread(target=send, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(statuses) <= {200, 409}
    assert http.get(at).json()["turns"] == statuses.count(200) >= 1


def test_people_are_remembered_shown_and_forgotten(http: httpx.Client) -> None:
    at = f"/v1/conversations/{start(http, person='carla')}"
    http.post(f"{at}/messages", json={"message": "I never want horror"})
    other = start(http, person="carla")
    slate = http.post(f"/v1/conversations/{other}/messages", json={"message": "something scary"})
    assert slate.status_code == 200
    kept = http.get("/v1/profiles/carla?catalog=films").json()
    assert [p["value"] for p in kept["preferences"]] == [["Horror"]]
    assert http.delete("/v1/profiles/carla?catalog=films").status_code == 204
    assert http.get("/v1/profiles/carla?catalog=films").json()["preferences"] == []


def test_a_conversation_is_listed_and_forgotten(http: httpx.Client) -> None:
    made = start(http)
    assert made in [c["id"] for c in http.get("/v1/conversations").json()["conversations"]]
    assert http.delete(f"/v1/conversations/{made}").status_code == 204
    gone = http.get(f"/v1/conversations/{made}")
    assert (gone.status_code, gone.json()["type"]) == (404, "urn:tastemaker:unknown-conversation")
    assert http.post(f"/v1/conversations/{made}/messages", json={"message": "hello"}).status_code == 404


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"", 422),
        (b"{", 400),
        (b"\xff\xfe", 400),
        (b"[]", 422),
        (b'{"message": ""}', 422),
        (b'{"message": "   "}', 422),
        (b'{"message": "\\ud800"}', 422),
        (b'{"message": 3}', 422),
        (b'{"message": "hello", "controller": "nobody"}', 422),
        (b'{"message": "hello", "controller": "model"}', 422),
        (b'{"message": "' + b"x" * 4001 + b'"}', 422),
        (b'{"message": "hello", "more": 1}', 422),
        (b"[" * 20_000, 400),
    ],
)
def test_what_cannot_be_read_is_a_problem_and_no_turn(sent: bytes, status: int, http: httpx.Client) -> None:
    at = f"/v1/conversations/{start(http)}"
    answer = http.post(f"{at}/messages", content=sent, headers={"Content-Type": "application/json"})
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert (told["status"], told["request_id"]) == (status, answer.headers["x-request-id"])
    assert told["detail"]
    assert http.get(at).json()["turns"] == 0


def test_odd_letters_are_kept_as_they_are(http: httpx.Client) -> None:
    at = f"/v1/conversations/{start(http)}"
    said = "zażółć 🫖 \x00 <script> \"'"
    assert http.post(f"{at}/messages", json={"message": said}).json()["message"] == said
    assert http.get(f"{at}/turns").json()["turns"][0]["message"] == said
