"""Chroma as the store of record for vectors: one collection for each version of a catalogue."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import StoreUnavailable

BATCH = 5000


def client(home: Path, url: str = "") -> Any:  # noqa: ANN401 (an untyped library)
    """A persistent client under `home`, or a client of the server at `url`; telemetry off."""
    os.environ.setdefault("ANONYMIZED_TELEMETRY", "False")
    import chromadb
    from chromadb.config import Settings

    settings = Settings(anonymized_telemetry=False)
    if not url:
        folder = home / "chroma"
        folder.mkdir(parents=True, exist_ok=True)
        return chromadb.PersistentClient(path=str(folder), settings=settings)
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    try:
        return chromadb.HttpClient(
            host=parts.hostname or "localhost", port=parts.port or 8000, ssl=parts.scheme == "https", settings=settings
        )
    except ValueError as down:
        raise StoreUnavailable(
            f"No Chroma server answers at {url}.", "Start it, or unset TASTEMAKER_CHROMA_URL."
        ) from down


def collection_name(catalog: str, build: str) -> str:
    """The collection of one version."""
    return f"tm.{catalog}.{build}"


def store_vectors(
    home: Path, catalog: str, build: str, vectors: NDArray[np.float32], progress: Callable[[int], None], url: str = ""
) -> None:
    """Write a version's vectors; ids are row numbers."""
    collection = client(home, url).create_collection(
        collection_name(catalog, build), embedding_function=None, configuration={"hnsw": {"space": "cosine"}}
    )
    for start in range(0, len(vectors), BATCH):
        part = np.asarray(vectors[start : start + BATCH])
        collection.add(ids=[str(n) for n in range(start, start + len(part))], embeddings=part)
        progress(start + len(part))


def drop_collections(home: Path, catalog: str, keep: Iterable[str], url: str = "") -> None:
    """Delete the collections of a catalogue's other versions."""
    connection = client(home, url)
    kept = {collection_name(catalog, build) for build in keep}
    for collection in connection.list_collections():
        if collection.name.startswith(f"tm.{catalog}.") and collection.name not in kept:
            connection.delete_collection(collection.name)


def stored_count(home: Path, catalog: str, build: str, url: str = "") -> int | None:
    """Vectors stored for a version, or None when there is no collection."""
    name = collection_name(catalog, build)
    connection = client(home, url)
    if name not in {c.name for c in connection.list_collections()}:
        return None
    return int(connection.get_collection(name, embedding_function=None).count())
