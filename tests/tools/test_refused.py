"""What resembles the refused: by values seen together, by text, and never by the refused value itself."""

from __future__ import annotations

import numpy as np

from tools.catalog.columns import category_column
from tools.ranking.refused import likeness_to

MOODS = category_column(
    [("sad", "bleak"), ("sad", "bleak"), ("sad", "bleak"), ("bleak",), ("funny",), ("funny", "light"), ("light",), ()]
)


def test_what_is_seen_with_the_refused_value_counts_and_other_values_do_not() -> None:
    like = likeness_to("sad", MOODS, [MOODS], None)
    assert like[3] > like[4] == like[6] == like[7] == 0.0
    assert like.max() <= 1.0


def test_the_refused_value_itself_tells_nothing() -> None:
    alone = category_column([("sad",), ("sad",), ("sad",), ("light",)])
    assert likeness_to("sad", alone, [alone], None).tolist() == [0.0, 0.0, 0.0, 0.0]


def test_text_near_that_of_the_holders_counts() -> None:
    vectors = np.asarray([[1, 0], [1, 0], [1, 0], [0.6, 0.8], [0, 1], [0, 1], [0, 1], [0, 1]], dtype=np.float32)
    like = likeness_to("sad", MOODS, [], vectors)
    assert like[3] > like[4]


def test_a_value_that_nobody_or_everybody_holds_is_like_nothing() -> None:
    everybody = category_column([("sad",), ("sad",)])
    assert not likeness_to("sad", everybody, [everybody], None).any()
    assert not likeness_to("gory", MOODS, [MOODS], None).any()
