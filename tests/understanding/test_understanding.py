"""Understanding of the development half stays where it was; the other half is scored by a benchmark alone."""

from __future__ import annotations

from tests.understanding.scoring import corpus, score_half

ACTS, PATCHES = 0.92, 0.88
"""Floors below what was reached on the development half; a change that falls under them has broken something."""


def test_the_development_half_is_understood() -> None:
    scored = score_half("development")
    assert sum(s.act_right for s in scored) / len(scored) >= ACTS
    assert sum(s.patch_right for s in scored) / len(scored) >= PATCHES


def test_both_halves_are_there_and_do_not_overlap() -> None:
    halves = [
        {hash((e["catalog"], e["say"], e.get("context", ""))) for e in corpus(h)} for h in ("development", "untouched")
    ]
    assert sum(map(len, halves)) >= 300
    assert len(halves[0] & halves[1]) == 0  # the utterances of the untouched half must not be printed
