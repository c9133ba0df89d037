"""The simulated person shares no wording with what the agent's tagger was fitted on."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from simulation.grammar import shipped as grammar
from simulation.wording import WORDINGS, shipped, templates

UTTERANCES = Path(__file__).resolve().parents[2] / "data" / "utterances"
MARKED = re.compile(r"\[([^\[\]|]+)\|[^\]]*\]")
LONG = 4
"""Words in a row that are no coincidence."""


def leaves(held: Any) -> Iterator[str]:
    match held:
        case str():
            yield held
        case dict():
            for key, value in held.items():
                if key not in {"manner", "finds_nothing"}:
                    yield from leaves(value)
        case list():
            for value in held:
                yield from leaves(value)


def words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9']+|\{\w+\}", text.lower())


def runs(said: list[str]) -> set[tuple[str, ...]]:
    found = {tuple(said[n : n + LONG]) for n in range(len(said) - LONG + 1)}
    return {run for run in found if not any(word.startswith("{") for word in run)}


def fitted_on() -> Iterator[list[str]]:
    for file in sorted(UTTERANCES.glob("*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            yield words(MARKED.sub(r"\1", json.loads(line)["t"]))


@pytest.mark.parametrize("wording", shipped())
def test_no_template_stands_in_the_utterances_the_tagger_was_fitted_on(wording: str) -> None:
    said = list(leaves(dict(templates(wording))))
    shared = set[tuple[str, ...]]().union(*(runs(words(one)) for one in said))
    whole = {tuple(w) for one in said if "{" not in one and 2 <= len(w := words(one)) <= 6}
    for line in fitted_on():
        assert not runs(line) & shared, f"a template of {wording} stands in an utterance"
        assert tuple(line) not in whole, f"a template of {wording} is an utterance"


def test_no_rule_of_the_grammar_stands_in_the_utterances_the_tagger_was_fitted_on() -> None:
    said = [re.sub(r"<\w+>", " {rule} ", one) for one in leaves(dict(grammar("voice").rules))]
    shared = set[tuple[str, ...]]().union(*(runs(words(one)) for one in said))
    whole = {tuple(w) for one in said if "{" not in one and 3 <= len(w := words(one)) <= 6}
    for line in fitted_on():
        assert not runs(line) & shared, "a rule of the grammar stands in an utterance"
        assert tuple(line) not in whole, "a rule of the grammar is an utterance"


def test_there_are_three_wordings_by_different_hands() -> None:
    assert len(shipped()) == 3
    assert len(list(UTTERANCES.glob("*.jsonl"))) >= 10
    assert WORDINGS.is_dir()
