"""The ranker fitted for conversations about a catalogue, on disk: written whole, checked, opened when needed."""

from __future__ import annotations

import json
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.errors import BadInput
from core.values import Value
from tools.digests import digest_of
from tools.ranking.cold import ColdItems, Filled
from tools.ranking.directed import Directed
from tools.ranking.kinds import KINDS
from tools.ranking.ranker import Ranker, Scorer
from tools.ranking.taste import TasteWeights
from tools.ranking.taste import load as load_taste
from tools.ranking.taste import save as save_taste

FITTED = "fitted"
COLD = "cold"
TASTE = "taste"
SEQUENTIAL = "sequential"
MANIFEST = "manifest.json"
FORMAT = 1
Learnt = tuple[TasteWeights, NDArray[np.float32]]
"""Weights of taste, and (items,) log(1 + people who liked an item)."""


class Measured(Value):
    """How well one way of fitting finds what left-out people liked."""

    ndcg: float
    """NDCG@10 of what was not told, after 1, 3 and 5 likes; mean over people."""
    by_likes: dict[int, float]
    seconds: float
    """Of fitting."""


class Fitted(Value):
    """What stands beside a fitted ranker."""

    format: int = FORMAT
    catalog_version: str
    ranker: str
    way: str
    measured: dict[str, Measured]
    people: int
    left_out: int
    seed: int
    checksums: dict[str, str] = {}
    """SHA-256 by file."""


@dataclass(frozen=True)
class Opened:
    """What was fitted, opened."""

    told: Fitted
    scorer: Scorer
    taste: Learnt | None = None
    """None: none was learnt, or it did not help."""
    sequential: Scorer | None = None
    """What follows what."""


def keep(
    rankers: Path,
    ranker: Ranker,
    told: Fitted,
    cold: ColdItems | None = None,
    taste: Learnt | None = None,
    sequential: Directed | None = None,
) -> Fitted:
    """Write the ranker beside its place and move it there whole."""
    rankers.mkdir(exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix="fitting-", dir=rankers))
    try:
        ranker.save(draft / told.ranker)
        if cold is not None:
            cold.save(draft / COLD)
        if taste is not None:
            save_taste(draft / TASTE, *taste)
        if sequential is not None:
            sequential.save(draft / SEQUENTIAL)
        files = sorted(f for f in draft.rglob("*") if f.is_file())
        told = told.model_copy(update={"checksums": {str(f.relative_to(draft)): digest_of(f) for f in files}})
        (draft / MANIFEST).write_text(told.model_dump_json(indent=1) + "\n", encoding="utf-8")
        old = rankers / f"{FITTED}.old"
        shutil.rmtree(old, ignore_errors=True)
        if (rankers / FITTED).exists():
            (rankers / FITTED).rename(old)
        draft.rename(rankers / FITTED)
        shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return told


def read_fitted(rankers: Path) -> Opened | None:
    """What was fitted in a catalogue's folder of rankers, opened; None when nothing was.

    Raises BadInput when its files are not those that were written.
    """
    folder = rankers / FITTED
    if not (folder / MANIFEST).exists():
        return None
    told = Fitted.model_validate(json.loads((folder / MANIFEST).read_text(encoding="utf-8")))
    for file in told.checksums:
        if not (folder / file).is_file():
            raise BadInput(f"The fitted ranker in {folder} lacks {file}.", "Run `tastemaker fit` again.")
    scorer: Scorer = KINDS[told.ranker].load(folder / told.ranker)
    if f"{COLD}/factors.npy" in told.checksums:
        scorer = Filled(scorer, ColdItems.load(folder / COLD))
    taste = load_taste(folder / TASTE) if f"{TASTE}/weights.json" in told.checksums else None
    after = any(name.startswith(f"{SEQUENTIAL}/") for name in told.checksums)
    return Opened(told, scorer, taste, Directed.load(folder / SEQUENTIAL) if after else None)


def damaged(rankers: Path) -> list[str]:
    """Files of the fitted ranker that are not what was written."""
    folder = rankers / FITTED
    if not (folder / MANIFEST).exists():
        return []
    told = Fitted.model_validate(json.loads((folder / MANIFEST).read_text(encoding="utf-8")))
    return [f for f, s in told.checksums.items() if not (folder / f).is_file() or digest_of(folder / f) != s]
