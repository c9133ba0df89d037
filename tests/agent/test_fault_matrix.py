"""Every fault of a model server, in the planning and in the writing call: the turn ends well and says what happened.

A selection; `python -m benchmarks.fault_matrix` plays every fault in every call, by both doors, over both catalogues.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.agent.fault_turns import KEY, SCRIPT, Cell, Rehearsal, outage, second_model, threads_left
from tests.servers.faults import faults

NAMES = list(faults(KEY))


@pytest.fixture(scope="module")
def rehearsal(demo_home: Path) -> Iterator[Rehearsal]:
    with Rehearsal(demo_home, deadline_s=3.0, timeout_s=1.0, retries=1, backoff_s=0.02).open() as opened:
        yield opened


@pytest.mark.parametrize("name", NAMES)
def test_a_turn_survives(rehearsal: Rehearsal, name: str) -> None:
    number = NAMES.index(name)
    for n, (call, wire) in enumerate([("plan", "streamed"), ("say", "whole" if number % 3 == 0 else "streamed")]):
        catalog = ("films", "books")[(number + n) % 2]
        door = ("respond", "stream")[(number // 2 + n) % 2]
        message = list(SCRIPT[catalog])[number % len(SCRIPT[catalog])]
        played = rehearsal.play(Cell(name, call, wire, door, catalog, message))
        assert played.problems == []


def test_a_broken_plan_is_mended_or_the_rules_plan(rehearsal: Rehearsal) -> None:
    for name in ("503", "refusal", "an act that does not exist", "no usage"):
        played = rehearsal.play(Cell(name, "repair", "streamed", "respond", "books", next(iter(SCRIPT["books"]))))
        assert played.problems == []


def test_afterwards_no_thread_runs_and_no_log_holds_the_key(rehearsal: Rehearsal) -> None:
    drip = Cell("a drip", "plan", "streamed", "respond", "films", next(iter(SCRIPT["films"])))
    rehearsal.play(drip)
    assert threads_left(within_s=20) == []
    assert "HTTP" in rehearsal.log.getvalue()
    assert KEY not in rehearsal.log.getvalue()


def test_a_server_that_stays_down_is_soon_left_alone_and_found_again(demo_home: Path) -> None:
    told = outage(demo_home, turns=6, pause_s=0.5)
    assert told["answered_by_rules"] == 6
    assert told["calls_made"] == told["calls_counted"]
    assert told["after_the_pause"] == "model"


def test_a_second_model_answers_and_the_trace_says_so(demo_home: Path) -> None:
    for name, told in second_model(demo_home, ("401 repeating the key", "503", "reset")).items():
        assert told["controller"] == "model", name
        assert not told["fell_back_to_rules"]
        assert all("answered by second, since" in note for note in told["notes"])
        assert not told["key_sent_on"]
