"""The cache of answers: what is the same question, what is kept, and how much of it."""

from __future__ import annotations

import json
import multiprocessing
import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.models.cached import CachedModel
from agent.models.scripted import ScriptedModel
from core.errors import ModelUnavailable
from core.events import ModelReply, ModelRequest
from core.turn import Usage

SCHEMA = {
    "type": "object",
    "properties": {"act": {"type": "string"}},
    "required": ["act"],
    "additionalProperties": False,
}
PLAN = ModelRequest(call="plan", system="You plan.", user="hello", json_schema=SCHEMA)
SAY = ModelRequest(call="say", system="You write.", user="cards", stream=True)
SERVER = {"base_url": "http://one/v1", "model": "m", "say_temperature": None}


def cached(inner: ScriptedModel, folder: Path, most: int = 10, **differing: object) -> CachedModel:
    return CachedModel(inner, folder / "replies.db", identity=SERVER | differing, most=most)


def test_the_same_question_is_answered_once_and_costs_nothing_again(tmp_path: Path) -> None:
    first = ModelReply(text='{"act": "chat"}', usage=Usage(calls=1, tokens_in=9, cost=0.1), model="m")
    model = cached(ScriptedModel([first]), tmp_path)
    assert model.complete(PLAN) == first
    again = model.complete(PLAN)
    assert (again.text, again.model, again.usage) == (first.text, "m", Usage())
    assert again.note == "answer kept from before"


def test_a_kept_answer_is_streamed_too(tmp_path: Path) -> None:
    cached(ScriptedModel(["Try [[1]]."]), tmp_path).complete(SAY)
    pieces: list[str] = []
    cached(ScriptedModel(), tmp_path).complete(SAY, pieces.append)
    assert "".join(pieces) == "Try [[1]]."


@pytest.mark.parametrize(
    "change",
    [
        {"call": "repair"},
        {"system": "You plan well."},
        {"user": "hello!"},
        {"json_schema": None},
        {"alternatives": 2},
        {"longest": 5},
    ],
)
def test_another_question_is_another_question(tmp_path: Path, change: dict[str, object]) -> None:
    model = cached(ScriptedModel(), tmp_path)
    assert model.key(PLAN) != model.key(PLAN.model_copy(update=change))


@pytest.mark.parametrize("change", [{"base_url": "http://two/v1"}, {"model": "n"}, {"say_temperature": 0.0}])
def test_another_server_model_or_temperature_is_another_question(tmp_path: Path, change: dict[str, object]) -> None:
    assert cached(ScriptedModel(), tmp_path).key(PLAN) != cached(ScriptedModel(), tmp_path, **change).key(PLAN)


@given(first=st.tuples(st.text(), st.text()), second=st.tuples(st.text(), st.text()))
def test_only_equal_prompts_have_equal_keys(first: tuple[str, str], second: tuple[str, str]) -> None:
    model = CachedModel(ScriptedModel(), Path("unused"), identity={}, most=1)
    a, b = (PLAN.model_copy(update={"system": s, "user": u}) for s, u in (first, second))
    assert (model.key(a) == model.key(b)) == (first == second)


def test_failures_and_answers_outside_the_schema_are_not_kept(tmp_path: Path) -> None:
    script = [ModelUnavailable("503"), "no json", '{"deed": "chat"}', '{"act": "chat"}']
    model = cached(ScriptedModel(script), tmp_path)
    with pytest.raises(ModelUnavailable):
        model.complete(PLAN)
    assert [model.complete(PLAN).text for _ in range(4)] == [*script[1:], script[3]]


def test_what_was_not_used_for_longest_makes_room(tmp_path: Path) -> None:
    def ask(n: int) -> ModelRequest:
        return SAY.model_copy(update={"user": f"question {n}"})

    inner = ScriptedModel([str(n) for n in range(6)])
    model = cached(inner, tmp_path, most=3)
    for n in range(3):
        model.complete(ask(n))
    model.complete(ask(0))
    model.complete(ask(3))
    assert model.complete(ask(0)).text == "0"
    assert model.complete(ask(1)).text == "4"
    with sqlite3.connect(tmp_path / "replies.db") as db:
        assert db.execute("SELECT COUNT(*) FROM replies").fetchone() == (3,)


def test_a_cache_that_cannot_be_used_is_gone_round_and_said(tmp_path: Path) -> None:
    (tmp_path / "replies.db").write_bytes(b"this is no database, whatever its name says" * 50)
    reply = cached(ScriptedModel(["fine"]), tmp_path).complete(SAY)
    assert reply.text == "fine"
    assert "answers cannot be kept" in reply.note


def ask_many(folder: Path, first: int) -> list[str]:
    """Thirty questions, answered by themselves, shared with the other processes."""
    requests = [SAY.model_copy(update={"user": str(n)}) for n in range(first, first + 30)]
    model = cached(ScriptedModel([lambda r: f"to {r.user}"] * 30), folder, most=100)
    return [model.complete(request).text for request in requests]


def test_processes_share_it(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        told = pool.starmap(ask_many, [(tmp_path, start) for start in (0, 10, 20)])
    assert told == [[f"to {n}" for n in range(start, start + 30)] for start in (0, 10, 20)]
    with sqlite3.connect(tmp_path / "replies.db") as db:
        rows = db.execute("SELECT reply FROM replies").fetchall()
    assert sorted(json.loads(reply)["text"] for (reply,) in rows) == sorted(f"to {n}" for n in range(50))
