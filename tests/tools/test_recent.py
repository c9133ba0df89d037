"""A bounded memory that several threads use at once."""

from __future__ import annotations

import sys
import threading

from tools.recent import Recent


def test_the_newest_answers_are_kept_and_no_more() -> None:
    made: list[int] = []
    recent: Recent[int, int] = Recent(3)

    def ask(number: int) -> int:
        return recent.get(number, lambda: made.append(number) or -number)

    assert [ask(n) for n in (1, 2, 3, 3, 1)] == [-1, -2, -3, -3, -1]
    assert made == [1, 2, 3]
    ask(4)
    ask(2)
    assert made == [1, 2, 3, 4]
    ask(1)
    assert made == [1, 2, 3, 4, 1]


def test_many_threads_push_each_others_answers_out() -> None:
    recent: Recent[int, int] = Recent(2)
    wrong: list[object] = []

    def ask(first: int) -> None:
        try:
            for number in range(first, first + 30_000):
                if recent.get(number, lambda number=number: -number) != -number:
                    wrong.append(number)
        except RuntimeError as error:
            wrong.append(error)

    often = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=ask, args=(100_000 * n,)) for n in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(often)
    assert wrong == []
