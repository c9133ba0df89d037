"""Answers under way: they outlive a click, a reload, and a change of the ledger meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.build import Tastemaker, build
from core.errors import ConversationMoved
from core.events import Event, TextReplaced, TurnDone
from core.ledger import LedgerPatch, Mark
from ui.page.answers import Answers


@pytest.fixture
def tastemaker(home: Path) -> Iterator[Tastemaker]:
    made = build()
    yield made
    made.close()


class Gate:
    """Where answers wait before they are stored."""

    def __init__(self) -> None:
        self.reached, self._open = threading.Event(), threading.Event()

    def set(self) -> None:
        self._open.set()

    def pass_through(self) -> None:
        self.reached.set()
        assert self._open.wait(30)


def slow(tastemaker: Tastemaker, monkeypatch: pytest.MonkeyPatch) -> Gate:
    """Makes answers wait before they are stored; returns what lets them go on."""
    gate, stream = Gate(), tastemaker.stream

    def waiting(*given: Any) -> Iterator[Event]:
        for event in stream(*given):
            if event.kind == "stage":
                gate.pass_through()
            yield event

    monkeypatch.setattr(tastemaker, "stream", waiting)
    return gate


def test_an_answer_can_be_followed_twice_from_its_beginning(
    tastemaker: Tastemaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = slow(tastemaker, monkeypatch)
    key = tastemaker.start("teas").id
    answers = Answers()
    assert answers.start(tastemaker, key, "something smoky", "rules")
    running = answers.running(key)
    assert running is not None
    gate.set()
    first, second = list(running.follow()), list(running.follow())
    assert first == second
    assert isinstance(first[-1], TurnDone)
    assert len(tastemaker.store.load(key).turns) == 1


def test_one_answer_at_a_time(tastemaker: Tastemaker, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = slow(tastemaker, monkeypatch)
    key = tastemaker.start("teas").id
    answers = Answers()
    assert answers.start(tastemaker, key, "something smoky", "rules")
    assert not answers.start(tastemaker, key, "something floral", "rules")
    gate.set()


def test_a_button_pressed_meanwhile_counts(tastemaker: Tastemaker, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = slow(tastemaker, monkeypatch)
    key = tastemaker.start("teas").id
    answers = Answers()
    answers.start(tastemaker, key, "something smoky", "rules")
    running = answers.running(key)
    assert running is not None
    assert gate.reached.wait(30)  # the answer has been begun on what was there before
    tastemaker.edit(key, LedgerPatch(marks=(Mark(item="tea-1", opinion="liked"),)))
    gate.set()
    events = list(running.follow())
    assert TextReplaced(text="") in events
    assert tastemaker.store.load(key).turns[0].ledger.liked == ("tea-1",)
    assert answers.failure(key) is None


def test_another_tabs_turn_is_told_and_nothing_is_written_over(
    tastemaker: Tastemaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = slow(tastemaker, monkeypatch)
    key = tastemaker.start("teas").id
    answers = Answers()
    answers.start(tastemaker, key, "something smoky", "rules")
    running = answers.running(key)
    assert running is not None
    tastemaker.respond(key, "something floral", "rules")
    gate.set()
    list(running.follow())
    failed = answers.failure(key)
    assert failed is not None
    assert isinstance(failed.error, ConversationMoved)
    assert [t.message for t in tastemaker.store.load(key).turns] == ["something floral"]
    assert answers.failure(key) is None
