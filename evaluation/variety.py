"""Distinct n-grams: how little a side repeats itself, measured on samples of one size so that sides can be compared."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np

from evaluation.metrics import LEVEL, Figure
from tools.text import words

VARIETY_WORDS = 500
"""Words of a sample."""
SAMPLES = 100


def distinct(dialogues: Sequence[Sequence[str]], n: int, seed: int = 0) -> Figure | None:
    """Distinct n-grams by all n-grams (Li et al. 2016), none across messages; mean and middle 95 % of 100 samples.

    A sample is whole dialogues in a random order, cut at 500 words. None where less was said than that.
    """
    messages = [[words(text) for text in dialogue] for dialogue in dialogues]
    if sum(len(m) for d in messages for m in d) < VARIETY_WORDS:
        return None
    chance = random.Random(seed)  # noqa: S311 - reproducible, not secret
    drawn = [_share(_sample(messages, chance), n) for _ in range(SAMPLES)]
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    value = sum(drawn) / len(drawn)
    return Figure(value=round(value, 4), low=round(float(low), 4), high=round(float(high), 4), n=len(dialogues))


def _sample(dialogues: Sequence[Sequence[list[str]]], chance: random.Random) -> list[list[str]]:
    left, taken = VARIETY_WORDS, []
    for place in chance.sample(range(len(dialogues)), len(dialogues)):
        for message in dialogues[place]:
            taken.append(message[:left])
            left -= len(taken[-1])
            if not left:
                return taken
    return taken


def _share(messages: Sequence[list[str]], n: int) -> float:
    grams = [tuple(m[k : k + n]) for m in messages for k in range(len(m) - n + 1)]
    return len(set(grams)) / len(grams) if grams else 0.0
