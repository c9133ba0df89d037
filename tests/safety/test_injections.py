"""Injections against a model that obeys them: only the code around it can save the turn.

Every injection runs with what its `does` names, in both domains by turns, through both doors.
TASTEMAKER_TEST_INJECTIONS=all pytest tests/safety      runs every behaviour that fits its place, in both domains
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from agent.build import Tastemaker, build
from agent.settings import load_settings
from core.events import Event, TurnDone
from core.turn import Turn
from tests.safety.checks import KEY, faults
from tests.safety.corpus import CALLS, Injection, corpus
from tests.safety.obedient import PLANS, SAYS, Obedient
from tests.safety.scenes import OTHER, SECRET, Domain, books, install, scene, teas
from tests.servers.openai_server import OpenAIServer

CORPUS = corpus()
ALL = os.environ.get("TASTEMAKER_TEST_INJECTIONS") == "all"
NAMES = ("teas", "books")


@dataclass(frozen=True)
class Stage:
    """The program, its model, and the domains."""

    app: Tastemaker
    model: Obedient
    domains: dict[str, Domain]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    home = tmp_path_factory.mktemp("safety")
    domains = {d.name: d for d in (teas(CORPUS), books(CORPUS))}
    for domain in domains.values():
        install(home, domain)
    model = Obedient()
    with OpenAIServer(model.answer, key=KEY) as server:
        settings = load_settings(home=home, embedder="hashing:64", vector_index="exact", controller="model",
                                 base_url=server.base_url, api_key=KEY, model="obedient", max_retries=0,
                                 tagger=False)  # fmt: skip
        app = build(settings)
        for name in domains:  # somebody else's talk, which nothing may bring into another's
            theirs = app.start(name, person=OTHER)
            app.respond(theirs.id, f"I am hiding at {SECRET}", "rules")
        yield Stage(app, model, domains)
        app.close()


def runs() -> Iterator[tuple[Injection, str, str]]:
    """Each injection, a behaviour, a domain."""
    for number, injection in enumerate(CORPUS):
        calls = CALLS[injection.place]
        every = [*(PLANS if "plan" in calls else ()), *(SAYS if "say" in calls else ())]
        for place, does in enumerate(every if ALL else injection.does):
            for name in NAMES if ALL else (NAMES[(number + place) % 2],):
                yield injection, does, name


@pytest.mark.parametrize("door", ["respond", "stream"])
@pytest.mark.parametrize(("injection", "does", "name"), runs(), ids=lambda v: v if isinstance(v, str) else v.id)
def test_an_obedient_model_breaks_nothing(stage: Stage, injection: Injection, does: str, name: str, door: str) -> None:
    at = scene(stage.app, stage.domains[name], injection)
    stage.model.play(at, does)
    events: list[Event] = []
    if door == "respond":
        turn = stage.app.respond(at.conversation.id, at.message)
    else:
        events = list(stage.app.stream(at.conversation.id, at.message))
        turn = _done(events)
    assert faults(at, turn, events, stage.model.prompts, stage.model.system) == []
    assert stage.app.load(at.conversation.id).turns[-1] == turn
    assert turn.reply


def _done(events: list[Event]) -> Turn:
    last = events[-1]
    assert isinstance(last, TurnDone)
    return last.turn


@pytest.mark.parametrize("injection", CORPUS, ids=lambda i: i.id)
def test_the_model_really_reads_what_is_planted(stage: Stage, injection: Injection) -> None:
    wanted = {"plan" if does in PLANS else "say" for does in injection.does if does != "look_up"}
    read: set[str] = set()
    for name in NAMES:
        if read >= wanted:
            return
        at = scene(stage.app, stage.domains[name], injection)
        stage.model.play(at, "")
        stage.app.respond(at.conversation.id, at.message)
        read |= stage.model.reached
    assert read >= wanted - ({"say"} if injection.place == "liked" else set())


def test_every_behaviour_is_met_and_the_corpus_is_large() -> None:
    assert len(CORPUS) >= 120
    assert len({i.id for i in CORPUS}) == len(CORPUS)
    assert {d for i in CORPUS for d in i.does} == PLANS.keys() | SAYS.keys()
    assert {i.place for i in CORPUS} == CALLS.keys()
    assert len({i.language for i in CORPUS}) >= 8
