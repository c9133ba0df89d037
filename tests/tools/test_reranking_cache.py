"""The cache of rerankings: what it keeps apart, what it does not keep, and threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from core.errors import BadInput, ModelUnavailable
from core.turn import Usage
from tests.tools.reranking_tasks import book_task, fond_of_numbers, scripted, tea_task
from tools.reranking.cache import RerankCache, key_of
from tools.reranking.listwise import Listwise
from tools.reranking.pointwise import Pointwise


def test_the_same_question_is_asked_once_and_a_hit_says_so() -> None:
    cache = RerankCache()
    first = cache.settle(Listwise(), tea_task(5), fond_of_numbers, "m")
    again = cache.settle(Listwise(), tea_task(5), scripted(), "m")
    assert not first.cached
    assert first.calls == 1
    assert again == first.model_copy(update={"cached": True, "calls": 0, "usage": Usage()})


def test_strategy_preferences_cards_model_and_order_are_kept_apart() -> None:
    task = tea_task(3)
    other = [
        key_of(Listwise(twice=True), task, "m"),
        key_of(Pointwise(), task, "m"),
        key_of(Listwise(), task, "another"),
        key_of(Listwise(), task.model_copy(update={"wanted": ("black (soft)",)}), "m"),
        key_of(Listwise(), task.model_copy(update={"cards": task.cards[::-1]}), "m"),
        key_of(Listwise(), book_task(["\ud800"]), "m"),
    ]
    assert len({key_of(Listwise(), task, "m"), *other}) == 7
    assert key_of(Listwise(), tea_task(3), "m") == key_of(Listwise(), task, "m")


def test_what_failed_is_asked_again() -> None:
    cache = RerankCache()
    assert cache.settle(Listwise(), tea_task(2), scripted(ModelUnavailable("down")), "m").failed
    assert len(cache) == 0
    assert cache.settle(Listwise(), tea_task(2), fond_of_numbers, "m").order == (1, 0)


def test_the_least_recently_used_goes_first() -> None:
    cache = RerankCache(2)
    for count in (2, 3, 2, 4):
        cache.settle(Listwise(), tea_task(count), fond_of_numbers, "m")
    assert cache.settle(Listwise(), tea_task(2), scripted(), "m").cached
    assert not cache.settle(Listwise(), tea_task(3), fond_of_numbers, "m").cached
    assert len(cache) == 2


def test_threads_share_it() -> None:
    cache = RerankCache(4)
    with ThreadPoolExecutor(8) as pool:
        counts = [2 + n % 7 for n in range(400)]
        done = list(pool.map(lambda n: cache.settle(Listwise(), tea_task(n), fond_of_numbers, "m"), counts))
    assert [d.order for d in done] == [tuple(range(n - 1, -1, -1)) for n in counts]
    assert len(cache) == 4


def test_a_cache_of_nothing_is_refused() -> None:
    with pytest.raises(BadInput, match="1 or more"):
        RerankCache(0)
