"""What is one owner's cannot be reached by another: tried on every route, with every kind of key."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest

from tests.api.conftest import Keyed


@pytest.fixture
def ada(keyed: Keyed) -> Iterator[httpx.Client]:
    with keyed.door.client(keyed.ada) as client:
        yield client


@pytest.fixture
def bob(keyed: Keyed) -> Iterator[httpx.Client]:
    with keyed.door.client(keyed.bob) as client:
        yield client


def begun(client: httpx.Client, catalog: str, person: str = "") -> str:
    made = client.post("/v1/conversations", json={"catalog": catalog, "person": person})
    assert made.status_code == 201, made.text
    key = made.json()["id"]
    said = client.post(f"/v1/conversations/{key}/messages", json={"message": "I never want horror"})
    assert said.status_code == 200, said.text
    return key


def ways_in(key: str) -> list[tuple[str, str, dict[str, object] | None]]:
    at = f"/v1/conversations/{key}"
    return [
        ("GET", at, None),
        ("GET", f"{at}/turns", None),
        ("POST", f"{at}/messages", {"message": "what did I say?"}),
        ("POST", f"{at}/messages", {"message": "what did I say?", "stream": True}),
        ("PATCH", f"{at}/ledger", {"version": 1, "clear": True}),
        ("POST", f"{at}/undo", {"version": 1}),
        ("POST", f"{at}/redo", {"version": 1}),
        ("POST", f"{at}/feedback", {"item": "heat-1995", "opinion": "liked"}),
        ("DELETE", at, None),
    ]


def test_every_route_is_tried(keyed: Keyed) -> None:
    with keyed.door.client(keyed.ada) as client:
        paths = client.get("/openapi.json").json()["paths"]
    there = {(m.upper(), p) for p, ops in paths.items() for m in ops if "{conversation}" in p}
    tried = {(m, p.replace("KEY", "{conversation}")) for m, p, _ in ways_in("KEY")}
    assert there == tried


def test_another_owners_conversation_does_not_exist(ada: httpx.Client, bob: httpx.Client) -> None:
    key = begun(ada, "books")
    before = ada.get(f"/v1/conversations/{key}").json()
    unknown = bob.get("/v1/conversations/nothing-like-it")
    for method, path, body in ways_in(key):
        tried = bob.request(method, path, json=body)
        assert tried.status_code == 404, (method, path)
        assert tried.json()["detail"].replace(key, "KEY") == unknown.json()["detail"].replace("nothing-like-it", "KEY")
    assert ada.get(f"/v1/conversations/{key}").json() == before
    assert key not in [c["id"] for c in bob.get("/v1/conversations").json()["conversations"]]


def test_a_conversation_of_this_machines_own_people_is_nobodys_key(ada: httpx.Client, keyed: Keyed) -> None:
    local = keyed.tastemaker.start("books").id
    for method, path, body in ways_in(local):
        assert ada.request(method, path, json=body).status_code == 404, (method, path)
    assert keyed.tastemaker.store.load(local).version == 0


def test_a_catalogue_that_a_key_does_not_open_does_not_exist(bob: httpx.Client, ada: httpx.Client) -> None:
    assert [c["name"] for c in bob.get("/v1/catalogs").json()["catalogs"]] == ["books"]
    assert [c["id"] for c in bob.get("/v1/models").json()["data"]] == ["tastemaker-books"]
    said = [{"role": "user", "content": "hello"}]
    tries = [
        bob.get("/v1/catalogs/films"),
        bob.get("/v1/catalogs/films/items/heat-1995"),
        bob.post("/v1/conversations", json={"catalog": "films"}),
        bob.get("/v1/profiles/carla?catalog=films"),
        bob.delete("/v1/profiles/carla?catalog=films"),
        bob.get("/v1/models/tastemaker-films"),
        bob.post("/v1/chat/completions", json={"model": "tastemaker-films", "messages": said}),
    ]
    inputs = {t["name"]: t["input_schema"] for t in bob.get("/v1/tools").json()["tools"]}
    given = {"query": "x", "title": "heat", "ids": ["heat-1995"], "route": "popular"}
    for name, takes in inputs.items():
        body = {k: v for k, v in given.items() if k in takes["properties"]}
        hers = ada.post(f"/v1/tools/{name}?catalog=films", json=body)
        assert hers.status_code != 404 or "needs a language model" in hers.text, name
        tries.append(bob.post(f"/v1/tools/{name}?catalog=films", json=body))
    for tried in tries:
        assert tried.status_code == 404, tried.request.url
        assert "films" not in tried.text.replace("catalogue 'films'", "").replace("tastemaker-films", "")


def test_a_conversation_in_a_catalogue_that_was_closed_is_out_of_reach(keyed: Keyed, ada: httpx.Client) -> None:
    key = begun(ada, "films")
    narrow = keyed.tastemaker.store.keys.add("ada", ["books"])[1]
    with keyed.door.client(narrow) as client:
        for method, path, body in ways_in(key):
            assert client.request(method, path, json=body).status_code == 404, (method, path)
        assert key not in [c["id"] for c in client.get("/v1/conversations").json()["conversations"]]
    assert ada.get(f"/v1/conversations/{key}").json()["turns"] == 1


def test_a_catalogue_that_was_removed_tells_nothing_of_the_others(keyed: Keyed) -> None:
    gone = keyed.tastemaker.store.keys.add("ada", ["gone"])[1]
    with keyed.door.client(gone) as client:
        told = client.post("/v1/conversations", json={"catalog": "gone"})
    assert told.status_code == 404
    assert not {"films", "books"} & set(told.text.replace('"', " ").split())


def test_people_of_one_name_are_two_people(ada: httpx.Client, bob: httpx.Client, keyed: Keyed) -> None:
    begun(ada, "books", "carla")
    mine = ada.get("/v1/profiles/carla?catalog=books").json()
    assert mine["preferences"]
    assert bob.get("/v1/profiles/carla?catalog=books").json()["preferences"] == []
    for stolen in ("ada:carla", " ada:carla", "ada:carla "):
        tried = bob.get(f"/v1/profiles/{stolen}?catalog=books")
        assert tried.status_code == 422, tried.text
        made = bob.post("/v1/conversations", json={"catalog": "books", "person": stolen})
        assert made.status_code == 422
    assert bob.delete("/v1/profiles/carla?catalog=books").status_code == 204
    assert ada.get("/v1/profiles/carla?catalog=books").json() == mine
    assert keyed.tastemaker.store.profiles.get("carla", "books").profile.empty


def test_the_name_of_a_request_is_its_owners(ada: httpx.Client, bob: httpx.Client) -> None:
    named = {"Idempotency-Key": "the same name"}
    hers = ada.post("/v1/conversations", json={"catalog": "books"}, headers=named)
    his = bob.post("/v1/conversations", json={"catalog": "books"}, headers=named)
    assert (hers.status_code, his.status_code) == (201, 201)
    assert hers.json()["id"] != his.json()["id"]


def test_a_dialogue_is_found_by_its_owner_alone(ada: httpx.Client, bob: httpx.Client) -> None:
    def ask(client: httpx.Client, messages: list[dict[str, str]]) -> dict[str, object]:
        body = {"model": "tastemaker-books", "messages": messages}
        return client.post("/v1/chat/completions", json=body).json()

    said = [{"role": "user", "content": "a mystery, nothing gory"}]
    first = ask(ada, said)
    said += [first["choices"][0]["message"], {"role": "user", "content": "something shorter"}]
    his = ask(bob, said)["tastemaker"]
    hers = ask(ada, said)["tastemaker"]
    assert hers["conversation"] == first["tastemaker"]["conversation"] != his["conversation"]
    assert (hers["replayed"], his["replayed"]) == (0, 1)
    named = {"model": "tastemaker-books", "messages": said, "tastemaker": {"conversation": hers["conversation"]}}
    assert bob.post("/v1/chat/completions", json=named).status_code == 404


def test_two_keys_of_one_owner_reach_the_same(keyed: Keyed, ada: httpx.Client) -> None:
    key = begun(ada, "books")
    second = keyed.tastemaker.store.keys.add("ada")[1]
    with keyed.door.client(second) as client:
        assert client.get(f"/v1/conversations/{key}").json() == ada.get(f"/v1/conversations/{key}").json()


WRONG = ["", "Bearer", "Bearer tm_", "Basic dG06dG0=", "Bearer tm_0123456789abcdef_" + "A" * 43]


@pytest.mark.parametrize("sent", WRONG)
def test_without_a_right_key_nothing_is_answered(sent: str, keyed: Keyed) -> None:
    with keyed.door.client() as client:
        paths = client.get("/openapi.json").json()["paths"]
        for path, operations in paths.items():
            for method in operations:
                filled = path.replace("{conversation}", "x").replace("{name}", "books").replace("{item}", "x")
                filled = filled.replace("{person}", "x").replace("{model}", "tastemaker-books")
                got = client.request(method, filled, headers={"Authorization": sent} if sent else {}, content=b"{")
                if path in {"/healthz", "/readyz"}:
                    assert got.status_code == 200
                    continue
                assert got.status_code == 401, (method, path)
                assert got.headers["www-authenticate"].startswith("Bearer")
        assert client.get("/mcp", headers={"Authorization": sent} if sent else {}).status_code == 401


def test_a_key_that_was_closed_is_closed_at_once(keyed: Keyed) -> None:
    held, text = keyed.tastemaker.store.keys.add("ada")
    with keyed.door.client(text) as client:
        assert client.get("/v1/catalogs").status_code == 200
        keyed.tastemaker.store.keys.revoke(held.id)
        assert client.get("/v1/catalogs").status_code == 401


def test_metrics_are_read_with_a_key_made_for_them(keyed: Keyed, ada: httpx.Client) -> None:
    begun(ada, "books")
    assert ada.get("/metrics").status_code == 403
    with keyed.door.client(keyed.eve) as eve:
        told = eve.get("/metrics")
        assert told.headers["content-type"].startswith("text/plain")
        assert 'tastemaker_turns_total{act="' in told.text
        assert eve.get("/v1/catalogs").json() == {"catalogs": []}


def test_logs_hold_neither_keys_nor_what_people_wrote(keyed: Keyed, ada: httpx.Client) -> None:
    key = begun(ada, "books", "carla")
    ada.get("/v1/profiles/carla?catalog=books")
    ada.post(f"/v1/conversations/{key}/messages", content=b'{"message": "never want horror')
    log = keyed.door.log.getvalue()
    lines = [json.loads(line) for line in log.splitlines()]
    assert {"request", "turn"} <= {line["event"] for line in lines}
    assert any(line.get("conversation") == key for line in lines)
    for secret in (keyed.ada.split("_", 2)[2], keyed.bob.split("_", 2)[2], "never want", "carla"):
        assert secret not in log
