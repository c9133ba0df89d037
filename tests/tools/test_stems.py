"""Stems are the same whoever else is stemming: a server's threads share one stemmer, and what it gives is kept."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.worlds import demo_world
from tools.text import stem, words


@pytest.mark.parametrize("name", ["films", "books"])
def test_threads_do_not_stem_each_others_words(name: str) -> None:
    texts = (str(v) for item in demo_world(name).catalog.items for values in item.fields.values() for v in _all(values))
    vocabulary = sorted({word for text in texts for word in words(text)})
    stem.cache_clear()
    right = [stem(word) for word in vocabulary]
    stem.cache_clear()
    often = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as pool:
            told = list(pool.map(lambda start: [stem(w) for w in vocabulary[start:] + vocabulary[:start]], range(8)))
    finally:
        sys.setswitchinterval(often)
    for start, mine in enumerate(told):
        assert mine == right[start:] + right[:start]


def _all(values: object) -> tuple[object, ...]:
    return values if isinstance(values, tuple) else (values,)
