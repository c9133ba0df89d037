"""Doors that the tests share: one that asks for no key, and one that does, with two owners."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from agent.build import Tastemaker, build
from agent.settings import load_settings
from tests.servers.http_door import HttpDoor, http_door


@pytest.fixture(scope="package")
def anyio_backend() -> str:
    """Coroutines of tests run on asyncio, as the server does."""
    return "asyncio"


@pytest.fixture(scope="package")
def door(demo: Tastemaker) -> Iterator[HttpDoor]:
    """A door to the demo catalogues that asks for no key."""
    with http_door(demo) as opened:
        yield opened


@pytest.fixture
def http(door: HttpDoor) -> Iterator[httpx.Client]:
    """A client of it."""
    with door.client() as client:
        yield client


@dataclass(frozen=True)
class Keyed:
    """A door that asks for keys: ada's opens both catalogues, bob's books alone; eve may read the metrics."""

    door: HttpDoor
    tastemaker: Tastemaker
    ada: str
    bob: str
    eve: str


@pytest.fixture(scope="package")
def keyed(demo_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keyed]:
    """The same catalogues behind keys, with a store of their own."""
    file = tmp_path_factory.mktemp("keyed") / "store.db"
    made = build(load_settings(home=demo_home, controller="rules", database_url=f"sqlite:///{file}", serve_rate=0))
    ada, bob = made.store.keys.add("ada")[1], made.store.keys.add("bob", ["books"])[1]
    eve = made.store.keys.add("eve", [], metrics=True)[1]
    with http_door(made, keyed=True) as opened:
        yield Keyed(opened, made, ada, bob, eve)
