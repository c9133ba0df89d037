"""A run folder made ready: the population, the rankers and the taste model, fitted without what they are tested on."""

from __future__ import annotations

import hashlib
import json
import pickle
import platform
import shutil
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import prompts
from agent.extensions import load_extensions, named
from agent.room import parts_left_out
from agent.settings import Settings, load_settings
from core.errors import BadInput, OperatorMustFix
from evaluation.experiment.design import Design
from evaluation.experiment.systems import System
from ingest.fitting import WAYS, cold_items, learn_taste, liked
from ingest.ratings import strengths
from simulation.from_ratings import population_from_ratings, ratings_without_held
from simulation.population import Member, read_members, write_members
from simulation.taste import TasteModel
from tools.catalog.store import StoredCatalog, open_catalog
from tools.ranking.directed import Directed
from tools.ranking.fitted import keep, read_fitted
from tools.ranking.item_knn import ItemKNN
from tools.ranking.taste import likers_of

FORMAT = 1
MANIFEST = "manifest.json"
POPULATION = "population.jsonl"
PREPARED = "prepared"
TASTE = "taste.pickle"
DECIDING = {
    "slate_size",
    "asking",
    "without",
    "tagger",
    "embedder",
    "vector_index",
    "history_turns",
    "model",
    "structured",
}
"""Settings that stand in the manifest."""
LIBRARIES = ("numpy", "scipy", "onnxruntime", "tokenizers", "pydantic", "rapidfuzz")
CODE = ("core", "tools", "prompts", "agent", "simulation", "evaluation")
"""Packages whose source decides what a dialogue will be."""


def prepare(folder: Path, design: Design, home: Path, population: Path | None = None) -> dict[str, Any]:
    """Make `folder` ready for a run and return its manifest; a folder that is ready for this very run is left as it is.

    Raises BadInput for a folder of another experiment, saying what differs, and for a catalogue without ratings.
    """
    catalog = open_catalog(home, design.catalog)
    asked = bool({"model", "free-model"} & set(design.kinds)) or any(s.recommender == "model" for s in design.systems)
    if asked and load_settings(home=home).resolved_controller != "model":
        raise no_model()
    _without_strange_rankers(catalog, design)
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / MANIFEST
    if not file.exists():
        members = _members(catalog, design, population)
        write_members(folder / POPULATION, members)
        _fit(folder / PREPARED, catalog, members, design)
    members = read_members(folder / POPULATION)
    manifest = manifest_of(folder, design, catalog, members)
    if file.exists():
        _same(json.loads(file.read_text(encoding="utf-8")), manifest, folder)
        return manifest
    draft = file.with_name(MANIFEST + ".partial")
    draft.write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    draft.replace(file)
    return manifest


def _without_strange_rankers(catalog: StoredCatalog, design: Design) -> None:
    """Raises OperatorMustFix where an extension's ranker would be asked about people whose ratings it has seen."""
    own = load_extensions(load_settings(home=catalog.home).extensions).ranker(catalog)
    if own is None:
        return
    for system in design.systems:
        if not system.baseline and "collaborative" not in parts_left_out(settings_of(system, catalog.home)):
            raise OperatorMustFix(
                f"The ranker {own.name!r} of an extension has seen the ratings that a run holds back for its people.",
                "Take the extension out of TASTEMAKER_EXTENSIONS for the run, or give every controller the setting "
                f"{system.recommender}:without=collaborative.",
            )


def _members(catalog: StoredCatalog, design: Design, population: Path | None) -> list[Member]:
    if population is None:
        return population_from_ratings(catalog, design.users, design.seed)
    members = read_members(population)
    if len(members) < design.users:
        raise BadInput(
            f"{population} holds {len(members)} people, {design.users} are asked for.",
            "Ask for fewer, or make a larger population.",
        )
    for member in members[: design.users]:
        if member.need.target is not None and not catalog.find([member.need.target]):
            raise BadInput(
                f"{member.id} of {population} has an item in mind that {catalog.name!r} does not hold.",
                "Make the population from the catalogue that it is to meet.",
            )
    return members[: design.users]


def _fit(folder: Path, catalog: StoredCatalog, members: Sequence[Member], design: Design) -> None:
    if not catalog.interactions_path.exists():
        if "taste" in design.kinds:
            raise BadInput(
                f"The catalogue {catalog.name!r} holds no ratings that taste could be learnt from.",
                "Leave out the kind taste, or import ratings with the catalogue.",
            )
        return
    ratings = ratings_without_held(catalog, members)
    shutil.rmtree(folder, ignore_errors=True)  # what a run that was killed here has left
    ItemKNN.fit(strengths(ratings)).save(folder / "item-knn")
    fitted = read_fitted(catalog.rankers_path)
    if fitted is not None:  # the same kind, of what nobody held back
        told, known = fitted.told, liked(ratings)
        fit = WAYS[told.ranker][told.way]
        weights = learn_taste(catalog, known, fit, told.seed) if fitted.taste is not None else None
        taste = None if weights is None else (weights, likers_of(known))
        keep(folder, fit(known), told, cold_items(catalog, known), taste, Directed.fit(known))
    if "taste" in design.kinds:
        (folder / TASTE).write_bytes(pickle.dumps(TasteModel.fit(catalog, ratings, design.seed)))


def manifest_of(folder: Path, design: Design, catalog: StoredCatalog, members: Sequence[Member]) -> dict[str, Any]:
    """What was run, on what, by what: nothing in it depends on when or where."""
    return {
        "format": FORMAT,
        "jobs": len(members) * len(design.kinds) * len(design.systems) * design.trials,
        "catalog": design.catalog,
        "items": len(catalog),
        "members": len(members),
        "users": list(design.kinds),
        "systems": {s.name: {"recommender": s.recommender, **s.settings} for s in design.systems},
        "settings": {s.name: _told(settings_of(s, catalog.home)) for s in design.systems if not s.baseline},
        "trials": design.trials,
        "turns": design.most_turns,
        "seed": design.seed,
        "wording": design.wording,
        "year": design.year,
        "catalog_version": catalog.version,
        "schema": catalog.schema.digest(),
        "population": _hash_of([folder / POPULATION]),
        "rankers": _hash_of((folder / PREPARED).rglob("*.npy")),
        "prompts": {f.stem: _hash_of([f])[:12] for f in sorted(prompts.FOLDER.glob("*.jinja"))},
        "code": code_hash(),
        "extensions": {e: module_hash(e.partition(":")[0]) for e in named(load_settings(home=catalog.home).extensions)},
        "versions": {"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}},
    }


def settings_of(system: System, home: Path) -> Settings:
    """The settings a system plays under: those of this installation, its own over them, and nobody's profile."""
    given: dict[str, Any] = {"vector_index": "exact", **system.settings}
    return load_settings(home=home, person="guest", threads=1, **given)


def _told(settings: Settings) -> dict[str, Any]:
    """The settings that decide what is answered; no secret and no path."""
    return settings.model_dump(mode="json", include=DECIDING)


def no_model() -> OperatorMustFix:
    """What is said where a language model is asked for and there is none."""
    return OperatorMustFix(
        "This experiment asks for a language model, and none is configured.",
        "Set OPENAI_API_KEY or OPENAI_BASE_URL (see .env.example), or leave out the kind and the system called model.",
    )


def code_hash() -> str:
    """A hash of the sources that decide what a dialogue will be."""
    root = Path(__file__).resolve().parents[2]
    files = (file for package in CODE for file in (root / package).rglob("*"))
    return _hash_of(file for file in files if file.suffix in {".py", ".yaml", ".jinja"})


def module_hash(module: str) -> str:
    """A hash of a module's source, of a package's whole folder; raises OperatorMustFix where there is none."""
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        raise OperatorMustFix(f"The source of {module!r} cannot be found.", "Put it on PYTHONPATH, or install it.")
    source = Path(spec.origin)
    return _hash_of(source.parent.rglob("*.py") if source.name == "__init__.py" else [source])


def _hash_of(files: Iterable[Path]) -> str:
    total = hashlib.sha256()
    for file in sorted(files):
        total.update(file.name.encode() + b"\0" + file.read_bytes())
    return total.hexdigest()[:16]


def _same(there: dict[str, Any], now: dict[str, Any], folder: Path) -> None:
    different = [key for key in {**there, **now} if there.get(key) != now.get(key)]
    if different:
        told = ", ".join(f"{key} was {there.get(key)!r}, is {now.get(key)!r}" for key in different[:3])
        raise BadInput(
            f"{folder} holds another experiment ({told}).",
            "Give another folder, or remove this one; a run goes on only as it was begun.",
        )
