"""The tagger: spans stand where the words do, distributions add up, and plain sentences are read as anybody would."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.worlds import MODELS
from tools.tagging.export import ensure_graph, key
from tools.tagging.labels import DOINGS, MARKS
from tools.tagging.tagger import Tagged, Tagger, before_of


@pytest.fixture(scope="module")
def tagger() -> Tagger:
    return Tagger(MODELS)


def mark_of(tagged: Tagged, words: str) -> str:
    start = tagged.text.index(words)
    return MARKS[int(tagged.over(start, start + len(words)).argmax())]


def test_every_token_has_a_place_and_a_distribution(tagger: Tagger) -> None:
    tagged = tagger.tag("something tense, but not gory", "new")
    assert tagged.marks.shape == (len(tagged.spans), len(MARKS))
    assert tagged.doing.shape == (len(DOINGS),)
    assert np.allclose(tagged.marks.sum(axis=1), 1, atol=1e-5)
    assert abs(float(tagged.doing.sum()) - 1) < 1e-5
    assert "".join(tagged.text[s:e] for s, e in tagged.spans) == "somethingtense,butnotgory"


def test_the_same_message_is_read_the_same_twice(tagger: Tagger) -> None:
    first, second = (tagger.tag("too dark for me", "slate") for _ in range(2))
    assert np.array_equal(first.marks, second.marks)
    assert np.array_equal(first.doing, second.doing)


@pytest.mark.parametrize(
    ("said", "before", "words", "mark"),
    [
        ("a thriller under two hours", "new", "thriller", "W"),
        ("I am from Poland and I want something funny", "new", "Poland", "B"),
        ("nothing with spiders please", "new", "spiders", "A"),
        ("those are all too slow", "slate", "slow", "C-"),
        ("who directed the second one?", "slate", "second", "Q"),
    ],
)
def test_what_words_do_is_told_from_their_sentence(
    tagger: Tagger, said: str, before: str, words: str, mark: str
) -> None:
    assert mark_of(tagger.tag(said, before), words) == mark  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("said", "before", "doing"),
    [
        ("hello there", "new", "greeting"),
        ("yes, no problem", "confirm", "yes"),
        ("I'll take the second one", "slate", "accepted"),
        ("doesn't matter to me", "question", "surprise"),
        ("why this one?", "slate", "explain"),
    ],
)
def test_what_a_message_does_as_a_whole(tagger: Tagger, said: str, before: str, doing: str) -> None:
    assert tagger.tag(said, before).likeliest[0] == doing  # type: ignore[arg-type]


def test_words_that_are_not_there_do_nothing(tagger: Tagger) -> None:
    assert mark_of(tagger.tag("  funny", "new"), "  ") == "none"


def test_a_long_message_is_read_from_its_beginning(tagger: Tagger) -> None:
    tagged = tagger.tag("funny " * 2000, "new")
    assert 100 < len(tagged.spans) < 260


def test_what_stood_before() -> None:
    assert before_of(slate=False, question=None) == "new"
    assert before_of(slate=True, question=None) == "slate"
    assert before_of(slate=True, question="preference") == "question"
    assert before_of(slate=False, question="which_item") == "which"
    assert before_of(slate=False, question="relax") == "relax"


def test_the_graph_is_made_once_and_goes_with_its_weights() -> None:
    assert ensure_graph(MODELS) == ensure_graph(MODELS) == MODELS / key() / "model.onnx"


@given(st.data())
def test_a_stretch_weighs_the_tokens_that_it_touches(data: st.DataObject) -> None:
    lengths = data.draw(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 4)), max_size=8))
    ends = np.cumsum([gap + length for gap, length in lengths], dtype=np.int64)
    spans = np.column_stack([ends - [length for _, length in lengths], ends]).reshape(-1, 2)
    marks = np.random.default_rng(len(lengths)).random((len(spans), len(MARKS)), dtype=np.float32)
    start, end = data.draw(st.integers(0, 20)), data.draw(st.integers(0, 20))
    touched = (spans[:, 0] < end) & (spans[:, 1] > start)
    weighed = Tagged("", spans, marks, np.zeros(1, dtype=np.float32)).over(start, end)
    if touched.any():
        assert np.array_equal(weighed, marks[touched].mean(axis=0))
    else:
        assert weighed.tolist() == [1.0, *[0.0] * (len(MARKS) - 1)]
