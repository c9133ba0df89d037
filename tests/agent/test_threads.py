"""One program for many threads: conversations held at once are those held one after the other."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from agent.build import Tastemaker, build
from benchmarks.talking import talks
from core.turn import Conversation, Turn
from tests.scripts import SCRIPTS
from tools.text import stem

THREADS = 6


@pytest.mark.parametrize("catalog", SCRIPTS)
def test_turns_do_not_mix(catalog: str, demo: Tastemaker) -> None:
    fresh = build(demo.settings)  # nothing is remembered yet

    said = [talk.messages for talk in talks() if talk.catalog == catalog][:10]

    def hold(program: Tastemaker, first: int) -> list[tuple[Turn, ...]]:
        """The turns of every conversation, beginning with one of them."""
        return [_turns(program, catalog, messages) for messages in said[first:] + said[:first]]

    stem.cache_clear()
    often = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(THREADS) as pool:
            told = list(pool.map(hold, THREADS * [fresh], range(THREADS)))
    finally:
        sys.setswitchinterval(often)
    right = hold(demo, 0)
    for first, mine in enumerate(told):
        for turns, same in zip(mine, right[first:] + right[:first], strict=True):
            assert all(turn.same_as(other) for turn, other in zip(turns, same, strict=True))


def _turns(program: Tastemaker, catalog: str, messages: tuple[str, ...]) -> tuple[Turn, ...]:
    conversation = Conversation(id="one-of-many", catalog=catalog)
    for message in messages:
        conversation = conversation.plus(program.answer(conversation, message))
    return conversation.turns
