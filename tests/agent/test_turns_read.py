"""Turns kept from one reading to the next: which are parsed, how many are kept, and by whom."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from agent.store import SqlStore, open_store
from agent.turns_read import TurnsRead
from core.turn import Conversation, Turn
from tests.agent.samples import turn_after

OF = ("some", 1.0)


def turns(count: int, key: str = "some") -> tuple[Turn, ...]:
    conversation = Conversation(id=key, catalog="teas")
    for number in range(1, count + 1):
        conversation = conversation.plus(turn_after(conversation, f"message {number}"))
    return conversation.turns


TURNS = turns(20)
BODIES = [turn.model_dump_json() for turn in TURNS]


def test_each_turn_is_parsed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store: SqlStore = open_store(f"sqlite:///{tmp_path / 'c.db'}")
    conversation = store.create("teas")
    parsed: list[int] = []
    whole = Turn.model_validate_json

    def counted(body: str) -> Turn:
        turn = whole(body)
        parsed.append(turn.number)
        return turn

    monkeypatch.setattr(Turn, "model_validate_json", counted)
    for turn in TURNS[:5]:
        conversation = store.append(conversation, turn.model_copy(update={"conversation": conversation.id}))
        loaded = [store.load(conversation.id) for _ in range(3)]
        assert all(found.turns == conversation.turns for found in loaded)
    assert parsed == [1, 2, 3, 4, 5]


def test_what_is_known_grows_and_what_was_read_longest_ago_goes() -> None:
    one = len(BODIES[0])
    read = TurnsRead(most=6 * one + 50)
    for count in (1, 2, 3):
        known = read.first(OF)
        assert read.parsed(OF, known, BODIES[len(known) : count]) == TURNS[:count]
    assert read.first(OF) == TURNS[:3]
    read.parsed(("other", 1.0), (), BODIES[:2])
    assert read.first(OF) == TURNS[:3]
    read.parsed(("third", 1.0), (), BODIES[:2])
    assert [len(read.first(of)) for of in (OF, ("other", 1.0), ("third", 1.0))] == [3, 0, 2]
    assert read.letters == sum(len(body) for body in BODIES[:3] + BODIES[:2])
    assert read.parsed(("long", 1.0), (), BODIES) == TURNS, "what does not fit is read all the same"
    assert read.letters == 0
    assert read.first(("long", 1.0)) == ()


def test_a_conversation_that_begins_later_under_the_same_id_is_another() -> None:
    read = TurnsRead()
    read.parsed(OF, (), BODIES[:3])
    assert read.first(("some", 2.0)) == ()
    read.forget("some")
    assert (read.first(OF), read.letters) == ((), 0)


def test_whoever_comes_late_takes_nothing_away() -> None:
    read = TurnsRead()
    early = read.first(OF)
    read.parsed(OF, (), BODIES[:5])
    assert read.parsed(OF, early, BODIES[:3]) == TURNS[:3]
    assert read.first(OF) == TURNS[:5]
    known = read.first(OF)
    read.forget("some")
    assert read.parsed(OF, known, BODIES[5:7]) == TURNS[:7]
    assert (read.first(OF), read.letters) == ((), 0), "how long the first five are, nobody knows any more"


def test_threads_keep_the_count() -> None:
    read, begin = TurnsRead(most=15 * len(BODIES[0])), threading.Barrier(8)

    def work(number: int) -> None:
        begin.wait()
        for turn in range(200):
            of = (f"c{(number + turn) % 3}", 1.0)
            known = read.first(of)
            upto = max(len(known), turn % 20 + 1)
            assert read.parsed(of, known, BODIES[len(known) : upto]) == TURNS[:upto]
            if turn % 50 == 49:
                read.forget(of[0])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    held = [len(read.first((f"c{n}", 1.0))) for n in range(3)]
    assert read.letters == sum(len(body) for count in held for body in BODIES[:count])
    for n in range(3):
        read.forget(f"c{n}")
    assert read.letters == 0
