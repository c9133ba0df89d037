"""One evaluation on ReDial: fitted, measured step by step, each step kept so that a run that was stopped goes on."""

from __future__ import annotations

import contextlib
import hashlib
import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agent.settings import load_settings
from core.errors import BadInput
from core.values import Value
from evaluation import redial
from evaluation.metrics import Figure
from evaluation.redial import LEARNT, UNLEARNT, VARIANTS, Variant
from evaluation.redial_data import Titles, read_corpus, read_titles
from evaluation.redial_items import read_items
from evaluation.redial_joining import Join, Ways, account
from evaluation.redial_measuring import Measured, measure, measure_learnt
from evaluation.report import as_metrics
from tools.dialogues.fusion import Settings, fit
from tools.dialogues.moments import Corpus, Embed, SpokenItems
from tools.dialogues.routes import FAMILIES
from tools.embedding.cache import EmbeddingCache
from tools.embedding.onnx import OnnxEmbedder

Advance = Callable[[int], None]
Known = Callable[[], tuple[SpokenItems, Ways]]
FORMAT = 2
ROOT = Path(__file__).resolve().parents[1]
CODE = (("tools/dialogues", "*.py"), ("evaluation", "redial_[dijm]*.py"), ("ingest/readers", "m*.py"))
"""Folders and files whose code decides what is measured."""
BATCH = 512
"""Texts embedded before their vectors are kept."""
STEPS = 10
"""Of the main part: reading, eight of fitting, measuring."""


class Given(Value):
    """What is measured on what."""

    train: tuple[Path, ...]
    test: tuple[Path, ...] = ()
    movies: Path
    metadata: Path | None = None
    ratings: tuple[Path, ...] = ()
    held_out: int = 413
    seed: int = 1


class Step(Value):
    """What one step measured."""

    measured: Measured
    joins: tuple[Join, ...] = ()
    fitted_s: float = 0.0


@dataclass(frozen=True)
class Told:
    """The figures of an evaluation."""

    figures: dict[Variant, dict[str, dict[str, Figure]]]
    ahead: dict[Variant, dict[str, dict[str, Figure]]]
    """Paired differences of the fusion from every other system."""
    lost: dict[str, float]
    recall: dict[str, float]
    joins: tuple[Join, ...]
    """How the items found each source."""
    fitted_s: float
    about: dict[str, str]

    def as_json(self) -> dict[str, Any]:
        """The shared convention, "VARIANT/SYSTEM/MEASURE" where it is not the main one."""
        named = {
            ("" if v == "kept" and s == LEARNT else f"{v}/{s}"): held
            for v, systems in self.figures.items()
            for s, held in systems.items()
        }
        body = as_metrics(named, "", benchmark="redial", **self.about)
        body["ahead"] = {
            f"{v}/{s}/{m}": f.model_dump()
            for v, systems in self.ahead.items()
            for s, held in systems.items()
            for m, f in held.items()
        }
        body["joins"] = [join.model_dump() for join in self.joins]
        return body | {"lost": self.lost, "recall_of_routes": self.recall, "fitted_s": round(self.fitted_s, 1)}


def families(names: Iterable[str]) -> dict[str, frozenset[str]]:
    """Routes by the name of a family or of one route; raises BadInput for a name that is neither."""
    every = {route for held in FAMILIES.values() for route in held}
    found = {}
    for name in names:
        if name not in FAMILIES and name not in every:
            raise BadInput(f"There is no route called {name!r}.", f"Routes: {', '.join([*FAMILIES, *sorted(every)])}.")
        found[name] = frozenset(FAMILIES.get(name, (name,)))
    return found


def steps(shares: int, ablations: int) -> int:
    """How many steps a run tells of."""
    return STEPS + shares + ablations


def run(
    given: Given, shares: Sequence[float], without: dict[str, frozenset[str]], work: Path | None, advance: Advance
) -> Told:
    """Everything asked for; what `work` holds of the same run is not measured again."""
    with _embedding() as embed:
        titles = read_titles(given.movies)
        whole = read_corpus(given.train, titles)
        if given.test:
            train, test = whole, read_corpus(given.test, titles)
        else:
            if given.held_out >= len(whole.dialogues):
                raise BadInput(
                    f"There are {len(whole.dialogues)} dialogues; {given.held_out} cannot be held out.",
                    "Give --held-out a smaller number, or give --test.",
                )
            train, test = redial.split(whole, given.held_out)

        @cache
        def known() -> tuple[SpokenItems, Ways]:
            return read_items(titles, given.metadata, given.ratings, embed)

        advance(1)
        kept = _Kept(work, _key(given))
        main = kept.step("main", partial(_main, known, titles, train, test, embed, given.seed, advance))
        if kept.found:
            advance(STEPS - 1)
        parts = [main]
        for part in shares:
            name, fewer = f"{LEARNT}, {part:.0%} of the dialogues", redial.share(train, part)
            parts.append(kept.step(name, partial(_one, name, known, fewer, test, embed, given.seed)))
            advance(1)
        for lacking, routes in without.items():
            name = f"{LEARNT}, without {lacking}"
            parts.append(kept.step(name, partial(_one, name, known, train, test, embed, given.seed, routes)))
            advance(1)
    return _told(parts, train, test, given, len(titles.ids))


def _main(known: Known, titles: Titles, train: Corpus, test: Corpus, embed: Embed, seed: int, advance: Advance) -> Step:
    (items, ways), began = known(), time.perf_counter()
    fusion = fit(items, train, embed, Settings(seed=seed), advance=advance)
    spent = time.perf_counter() - began
    measured = measure(fusion, train, test.moments, seed)
    advance(1)
    named = Counter(row for corpus in (train, test) for _, held in corpus.mentions for row in held)
    joins = account(titles.written, ways, named, (row for m in test.moments for row in m.given))
    return Step(measured=measured, joins=joins, fitted_s=spent)


def _one(
    name: str, known: Known, train: Corpus, test: Corpus, embed: Embed, seed: int,
    without: frozenset[str] = frozenset(),
) -> Step:  # fmt: skip
    fusion = fit(known()[0], train, embed, Settings(seed=seed), without=without)
    return Step(measured=measure_learnt(name, fusion, test.moments))


def _told(parts: Sequence[Step], train: Corpus, test: Corpus, given: Given, items: int) -> Told:
    earned = {name: held for part in parts for name, held in part.measured.earned.items()}
    figures: dict[Variant, dict[str, dict[str, Figure]]] = {}
    ahead: dict[Variant, dict[str, dict[str, Figure]]] = {}
    for variant in VARIANTS:
        scored = {name: redial.figures(held[variant], given.seed) for name, held in earned.items()}
        order = sorted(scored, key=lambda name: -scored[name]["R@10"].value)
        figures[variant] = {name: scored[name] for name in order}
        ahead[variant] = {
            name: redial.ahead(earned[LEARNT][variant], earned[name][variant], given.seed)
            for name in order
            if name != LEARNT
        }
    about = {
        "test": f"{len(test.dialogues):,} dialogues, {len(test.moments):,} rows"
        + ("" if given.test else " held out of the training file by a hash of their ids"),
        "train": f"{len(train.dialogues):,} dialogues, {len(train.moments):,} rows",
        "items": f"{items:,}",
        "metadata": "yes" if given.metadata else "none",
        "ratings": ", ".join(p.name for p in given.ratings) or "none",
        "seed": str(given.seed),
        "unlearnt": f"{UNLEARNT} of the same routes",
    }
    main = parts[0].measured
    return Told(figures, ahead, main.lost, main.recall, parts[0].joins, parts[0].fitted_s, about)


class _Kept:
    """Steps that were measured before, in a folder."""

    def __init__(self, folder: Path | None, key: str) -> None:
        self.folder, self.key, self.found = folder, key, False
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)

    def step(self, name: str, measure: Callable[[], Step]) -> Step:
        """The step, measured unless it is there."""
        digest = hashlib.sha256(f"{self.key}\0{name}".encode()).hexdigest()[:20]
        file = self.folder / f"{digest}.json" if self.folder is not None else None
        self.found = file is not None and file.exists()
        if file is not None and self.found:
            return Step.model_validate_json(file.read_text(encoding="utf-8"))
        step = measure()
        if file is not None:
            draft = file.with_suffix(".partial")
            draft.write_text(step.model_dump_json() + "\n", encoding="utf-8")
            draft.replace(file)
        return step


def _key(given: Given) -> str:
    """Changes with the contents of what is given, the settings and the code that measures."""
    total = hashlib.sha256(f"{FORMAT} {given.held_out} {given.seed}".encode())
    files = [*given.train, *given.test, given.movies]
    files += sorted(file for folder, pattern in CODE for file in (ROOT / folder).glob(pattern))
    for folder in (given.metadata, *given.ratings):
        files += sorted(p for p in folder.iterdir() if p.is_file()) if folder is not None and folder.is_dir() else []
    for file in files:
        total.update(file.name.encode() + b"\0" + (file.read_bytes() if file.is_file() else b""))
    return json.dumps(given.model_dump(mode="json", include={"held_out", "seed"})) + total.hexdigest()


@contextlib.contextmanager
def _embedding() -> Iterator[Embed]:
    """Texts to vectors; each text is embedded once and kept."""
    home = load_settings().home
    model = OnnxEmbedder(home / "models")
    with contextlib.closing(EmbeddingCache(home / "embeddings.db")) as store:

        def embed(texts: Sequence[str]) -> NDArray[np.float32]:
            parts = [store.embed(model, texts[start : start + BATCH])[0] for start in range(0, len(texts), BATCH)]
            return np.concatenate(parts) if parts else store.embed(model, texts)[0]

        yield embed
