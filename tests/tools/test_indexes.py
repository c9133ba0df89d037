"""What every vector index must do, and what is special about each."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from core.errors import IndexMismatch
from core.protocols import VectorIndex
from tools.retrieval import chroma
from tools.retrieval.vector_index import AutoIndex, ChromaIndex, ExactIndex, choose_index, open_collection

ROWS, DIM = 300, 16
TWINS = (40, 41, 200)
"""Rows that hold the same vector: an axis, so that their cosines are equal to the last bit in any order of summing."""


def unit_rows(seed: int, rows: int = ROWS) -> NDArray[np.float32]:
    vectors = np.random.default_rng(seed).standard_normal((rows, DIM)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def catalogue() -> NDArray[np.float32]:
    vectors = unit_rows(1)
    vectors[list(TWINS)] = np.eye(DIM, dtype=np.float32)[0]
    return vectors


VECTORS, QUERIES = catalogue(), unit_rows(2, 20)


def by_hand(query: NDArray[np.float32], count: int, allowed: NDArray[np.bool_] | None = None) -> list[int]:
    cosines = VECTORS @ query
    rows = range(ROWS) if allowed is None else np.flatnonzero(allowed).tolist()
    return sorted(rows, key=lambda r: (-cosines[r], r))[:count]


def mask(*rows: int) -> NDArray[np.bool_]:
    allowed = np.zeros(ROWS, dtype=np.bool_)
    allowed[list(rows)] = True
    return allowed


class IndexContract:
    """Inherit, and give a fixture `index` over VECTORS and one, `empty`, over no vectors."""

    recall = 1.0
    """The least share of the true neighbours that is found where nothing is filtered."""

    def test_the_nearest_come_first_with_their_cosines(self, index: VectorIndex) -> None:
        found = 0
        for query in QUERIES:
            rows, cosines = index.search(query, 10, None)
            assert (rows.shape, rows.dtype, cosines.shape, cosines.dtype) == ((10,), np.int64, (10,), np.float32)
            assert (np.diff(cosines) <= 0).all()
            np.testing.assert_allclose(cosines, VECTORS[rows] @ query, atol=1e-5)
            found += len(set(rows.tolist()) & set(by_hand(query, 10)))
        assert found >= self.recall * 10 * len(QUERIES)

    @pytest.mark.parametrize("share", [0.02, 0.15, 0.5, 0.95])
    def test_only_allowed_rows_are_found_however_few_they_are(self, index: VectorIndex, share: float) -> None:
        for number, query in enumerate(QUERIES):
            allowed = np.random.default_rng(number).random(ROWS) < share
            rows, _ = index.search(query, 10, allowed)
            assert allowed[rows].all()
            assert len(set(rows.tolist())) == len(rows) == min(10, int(allowed.sum()))

    def test_a_few_allowed_rows_are_ranked_exactly(self, index: VectorIndex) -> None:
        allowed = mask(3, 7, 40, 90, 200, 299)
        for query in QUERIES:
            assert index.search(query, 4, allowed)[0].tolist() == by_hand(query, 4, allowed)

    def test_equal_vectors_come_in_the_order_of_their_rows(self, index: VectorIndex) -> None:
        rows, cosines = index.search(VECTORS[TWINS[0]], 3, None)
        assert tuple(rows) == TWINS
        np.testing.assert_allclose(cosines, 1.0, atol=1e-5)

    def test_more_than_there_is_gives_everything_there_is(self, index: VectorIndex) -> None:
        assert sorted(index.search(QUERIES[0], 10 * ROWS, None)[0].tolist()) == list(range(ROWS))
        assert sorted(index.search(QUERIES[0], 10 * ROWS, mask(5, 250))[0].tolist()) == [5, 250]

    def test_nothing_asked_or_nothing_allowed_gives_nothing(self, index: VectorIndex) -> None:
        for count, allowed in [(0, None), (0, mask(1)), (5, mask())]:
            rows, cosines = index.search(QUERIES[0], count, allowed)
            assert (rows.shape, rows.dtype, cosines.shape, cosines.dtype) == ((0,), np.int64, (0,), np.float32)

    def test_an_index_without_rows_finds_nothing(self, empty: VectorIndex) -> None:
        for allowed in (None, np.zeros(0, dtype=np.bool_)):
            assert empty.search(QUERIES[0], 5, allowed)[0].shape == (0,)

    def test_the_same_question_gets_the_same_answer(self, index: VectorIndex) -> None:
        for allowed in (None, mask(*range(0, ROWS, 2))):
            first, second = (index.search(QUERIES[1], 10, allowed) for _ in range(2))
            np.testing.assert_array_equal(first[0], second[0])
            np.testing.assert_array_equal(first[1], second[1])


def stored(home: Path, build: str, vectors: NDArray[np.float32]) -> ChromaIndex:
    chroma.store_vectors(home, "things", build, vectors, lambda _: None)
    return ChromaIndex(open_collection(home, "things", build, len(vectors)), vectors)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def graph(home: Path) -> ChromaIndex:
    return stored(home, "full", VECTORS)


@pytest.fixture(scope="module")
def bare(home: Path) -> ChromaIndex:
    return stored(home, "none", VECTORS[:0])


class TestExact(IndexContract):
    @pytest.fixture
    def index(self) -> VectorIndex:
        return ExactIndex(VECTORS)

    @pytest.fixture
    def empty(self) -> VectorIndex:
        return ExactIndex(VECTORS[:0])

    def test_rows_that_tie_for_the_last_place_compete_by_number(self, index: VectorIndex) -> None:
        assert index.search(VECTORS[TWINS[2]], 2, None)[0].tolist() == list(TWINS[:2])


class TestChroma(IndexContract):
    recall = 0.95

    @pytest.fixture
    def index(self, graph: ChromaIndex) -> VectorIndex:
        return graph

    @pytest.fixture
    def empty(self, bare: ChromaIndex) -> VectorIndex:
        return bare

    def test_a_collection_dropped_by_a_newer_import_is_answered_from_the_vectors(self, home: Path) -> None:
        index = stored(home, "old", VECTORS)
        chroma.client(home).delete_collection(chroma.collection_name("things", "old"))
        assert index.search(QUERIES[0], 10, None)[0].tolist() == by_hand(QUERIES[0], 10)


class TestAuto(IndexContract):
    recall = 0.95

    @pytest.fixture
    def index(self, graph: ChromaIndex) -> VectorIndex:
        return AutoIndex(ExactIndex(VECTORS), graph)

    @pytest.fixture
    def empty(self, bare: ChromaIndex) -> VectorIndex:
        return AutoIndex(ExactIndex(VECTORS[:0]), bare)


class TestChoice:
    def test_the_setting_names_the_index_and_small_catalogues_need_no_graph(self, home: Path, graph: object) -> None:
        for kind, chosen in [("auto", ExactIndex), ("exact", ExactIndex), ("chroma", ChromaIndex)]:
            assert isinstance(choose_index(VECTORS, home, "things", "full", kind), chosen)

    def test_a_collection_that_is_missing_or_of_another_size_is_refused(self, home: Path, graph: object) -> None:
        with pytest.raises(IndexMismatch, match=r"is missing.*catalog mend things"):
            choose_index(VECTORS, home, "things", "another-build", "chroma")
        with pytest.raises(IndexMismatch, match=f"holds {ROWS} vectors, not 299"):
            choose_index(VECTORS[1:], home, "things", "full", "chroma")
