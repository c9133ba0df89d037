"""The guard: names, rates, web pages of others, faults of our own, and what the log holds."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response

from agent.build import Tastemaker, build
from agent.settings import load_settings
from api.callers import Rates
from api.problems import Refused
from api.serving import keyed_for
from core.errors import OperatorMustFix
from tests.servers.http_door import HttpDoor, http_door

ROUTE = "/v1/conversations/{conversation}/messages"
Opened = Callable[..., Any]


@pytest.fixture
def opened(demo_home: Path, tmp_path: Path) -> Opened:
    """A door with settings of one's own, and a key to it."""

    @contextmanager
    def opened(*, keyed: bool = True, **choices: Any) -> Iterator[tuple[HttpDoor, str, Tastemaker]]:
        store = f"sqlite:///{tmp_path / 'store.db'}"
        made = build(load_settings(home=demo_home, controller="rules", database_url=store, **choices))
        key = made.store.keys.add("ada")[1]
        with http_door(made, keyed=keyed) as door:
            yield door, key, made

    return opened


def test_a_caller_who_asks_too_often_is_told_when_to_come_again(opened: Opened) -> None:
    with opened(serve_rate=60) as (door, key, made):
        other = made.store.keys.add("bob")[1]
        with door.client(key) as ada, door.client(other) as bob:
            answers = [ada.get("/v1/catalogs") for _ in range(25)]
            assert [a.status_code for a in answers[:20]] == [200] * 20
            refused = next(a for a in answers if a.status_code == 429)
            assert int(refused.headers["retry-after"]) >= 1
            assert refused.json()["title"] == "Too Many Requests"
            assert bob.get("/v1/catalogs").status_code == 200


def test_a_bucket_fills_again() -> None:
    now = [0.0]
    rates = Rates(60, clock=lambda: now[0])
    for _ in range(20):
        rates.take("a")
    with pytest.raises(Refused):
        rates.take("a")
    now[0] = 1.0
    rates.take("a")
    with pytest.raises(Refused):
        rates.take("a")
    now[0] = 1000.0
    for _ in range(20):
        rates.take("a")
    with pytest.raises(Refused):
        rates.take("a")


def test_buckets_do_not_pile_up() -> None:
    rates = Rates(60, clock=lambda: 0.0)
    for number in range(rates.MOST + 100):
        rates.take(str(number))
    assert len(rates._held) <= rates.MOST


def test_without_keys_the_server_answers_to_its_own_names_alone(door: HttpDoor) -> None:
    with door.client() as client:
        for name in ("localhost", "127.0.0.1:80", "LOCALHOST:8000"):
            assert client.get("/v1/catalogs", headers={"Host": name}).status_code == 200
        for name in ("evil.example", "localhost.evil.example", "127.0.0.1.evil.example:80", ""):
            refused = client.get("/v1/catalogs", headers={"Host": name})
            assert refused.status_code == 421, name


def test_hosts_may_be_named(opened: Opened) -> None:
    with opened(serve_hosts="shop.example") as (door, key, _), door.client(key) as client:
        assert client.get("/v1/catalogs", headers={"Host": "shop.example:443"}).status_code == 200
        assert client.get("/v1/catalogs").status_code == 421


def test_pages_of_others_may_not_call_unless_they_are_named(door: HttpDoor, opened: Opened) -> None:
    asked = {"Origin": "https://shop.example", "Access-Control-Request-Method": "POST"}
    with door.client() as client:
        assert "access-control-allow-origin" not in client.get("/v1/catalogs", headers=asked).headers
        assert "access-control-allow-origin" not in client.options("/v1/conversations", headers=asked).headers
    with (
        opened(serve_origins="https://shop.example, https://other.example") as (door, key, _),
        door.client(key) as client,
    ):
        assert (
            client.options("/v1/conversations", headers=asked).headers["access-control-allow-origin"] == asked["Origin"]
        )
        real = client.get("/v1/catalogs", headers=asked)
        assert (real.status_code, real.headers["access-control-allow-origin"]) == (200, asked["Origin"])
        stranger = client.get("/v1/catalogs", headers={"Origin": "https://evil.example"})
        assert "access-control-allow-origin" not in stranger.headers


def test_a_fault_of_our_own_says_nothing_of_itself(opened: Opened) -> None:
    with opened() as (door, key, _):

        async def broken(request: Request) -> Response:
            raise ZeroDivisionError("a secret of the house")

        door.app.add_route("/v1/broken", broken)
        door.app.router.routes.insert(0, door.app.router.routes.pop())
        with door.client(key) as client:
            told = client.get("/v1/broken")
        assert (told.status_code, told.headers["content-type"]) == (500, "application/problem+json")
        assert "secret" not in told.text
        (line,) = door.lines("request", request=told.json()["request_id"])
        assert (line["error"], line["level"]) == ("ZeroDivisionError", "error")
        assert "secret" not in json.dumps(line)


@pytest.mark.parametrize("content", [False, True])
def test_the_log_holds_what_people_write_only_where_asked_to(content: bool, opened: Opened) -> None:
    with opened(serve_log_content=content) as (door, key, _), door.client(key) as client:
        made = client.post("/v1/conversations", json={"catalog": "films"}).json()["id"]
        reply = client.post(f"/v1/conversations/{made}/messages", json={"message": "a quiet drama"}).json()["reply"]
        (turn,) = door.lines("turn", conversation=made)
        assert (turn.get("message"), turn.get("reply")) == (("a quiet drama", reply) if content else (None, None))
        assert key.split("_", 2)[2] not in door.log.getvalue()


def test_what_is_counted(opened: Opened) -> None:
    with opened(keyed=False) as (door, _, _made), door.client() as client:
        made = client.post("/v1/conversations", json={"catalog": "films"}).json()["id"]
        client.post(f"/v1/conversations/{made}/messages", json={"message": "a quiet drama"})
        client.get(f"/v1/conversations/{made}/nothing")
        door.lines("request", status=404)
        told = client.get("/metrics").text
        for line in (
            'tastemaker_turns_total{act="recommend",catalog="films",controller="rules"} 1.0',
            f'tastemaker_requests_total{{method="POST",route="{ROUTE}",status="200"}} 1.0',
            'tastemaker_requests_total{method="any",route="other",status="404"} 1.0',
            'tastemaker_stage_seconds_count{stage="rank"} 1.0',
            "tastemaker_turns_running 0.0",
        ):
            assert line in told
        assert made not in told


def test_it_is_alive_and_ready(door: HttpDoor) -> None:
    with door.client() as client:
        assert client.get("/healthz").json() == client.get("/readyz").json() == {"status": "ok"}
        door.app.state.stopping = True
        try:
            assert client.get("/readyz").status_code == 503
            assert client.get("/healthz").status_code == 200
        finally:
            door.app.state.stopping = False


@pytest.mark.parametrize(
    ("auth", "host", "keys", "keyed"),
    [
        ("auto", "127.0.0.1", "none", False),
        ("auto", "127.0.0.1", "open", True),
        ("auto", "::1", "closed", None),
        ("auto", "0.0.0.0", "open", True),
        ("auto", "0.0.0.0", "none", None),
        ("auto", "192.168.1.5", "closed", None),
        ("keys", "localhost", "none", None),
        ("keys", "localhost", "open", True),
        ("off", "127.0.0.2", "open", False),
        ("off", "0.0.0.0", "open", None),
        ("off", "shop.example", "none", None),
    ],
)
def test_when_keys_are_asked_for(
    auth: Any, host: str, keys: str, keyed: bool | None, demo_home: Path, tmp_path: Path
) -> None:
    """None: the server does not start."""
    store = f"sqlite:///{tmp_path / 'store.db'}"
    made = build(load_settings(home=demo_home, database_url=store, serve_auth=auth))
    if keys != "none":
        held, _ = made.store.keys.add("ada")
        if keys == "closed":
            made.store.keys.revoke(held.id)
    if keyed is None:
        with pytest.raises(OperatorMustFix):
            keyed_for(made, host)
    else:
        assert keyed_for(made, host) is keyed
    made.close()
