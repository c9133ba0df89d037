"""Demonstrations: plans for typical messages, in the catalogue's own words; those closest to a message go with it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

import prompts
from agent.model_planner import CatalogFacts
from core.schema import CatalogSchema, FieldSpec
from tools.catalog.columns import NumberColumn
from tools.linking.linker import Linker
from tools.text import terms

CLOSE = 0.25
"""Cosine, or share of words, below which a demonstration does not resemble a message."""
KNOWN = 20
"""Best known items among which titles are taken, those of at most `SHORT` words first."""
SHORT = 3
_BRACES = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Demonstrations:
    """The demonstrations of one catalogue."""

    lines: tuple[tuple[str, str], ...]
    """(message, plan as JSON) pairs."""
    embed: Callable[[str], NDArray[np.float32]] | None = None
    """A text to its (dim,) unit vector; None: closeness is the share of words in common."""

    @classmethod
    def of(
        cls,
        schema: CatalogSchema,
        values: Mapping[str, Sequence[str]],
        lengths: Mapping[str, float],
        titles: Sequence[str],
        embed: Callable[[str], NDArray[np.float32]] | None = None,
    ) -> Demonstrations:
        """Fill the committed ones in for a catalogue.

        `values`: the commonest values of category and people fields; `lengths`: a usual bound of each number field;
        `titles`: well-known items. What a catalogue cannot fill in is left out.
        """
        words = _words(schema, values, lengths, titles)
        filled = [(_filled(d["said"], words), _filled(d["plan"], words)) for d in _committed()]
        lines = tuple(
            (said, json.dumps(plan, ensure_ascii=False, separators=(",", ":")))
            for said, plan in filled
            if said is not None and plan is not None
        )
        return cls(lines, embed)

    def closest(self, message: str, count: int) -> list[str]:
        """The `count` demonstrations closest to the message, the closest last; fewer where fewer resemble it."""
        if not self.lines or count < 1 or not message.strip():
            return []
        likeness = self._likeness(message[:500])
        best = np.argsort(-likeness, kind="stable")[:count]
        return [f"{self.lines[n][0]} -> {self.lines[n][1]}" for n in reversed(best) if likeness[n] >= CLOSE]

    def _likeness(self, message: str) -> NDArray[np.floating]:
        if self.embed is not None:
            return np.asarray(self._vectors @ self.embed(message))
        said = set(terms(message))
        return np.array([len(said & words) / max(1, len(said | words)) for words in self._word_sets])

    @cached_property
    def _vectors(self) -> NDArray[np.float32]:
        assert self.embed is not None
        return np.stack([self.embed(said) for said, _ in self.lines])

    @cached_property
    def _word_sets(self) -> list[set[str]]:
        return [set(terms(said)) for said, _ in self.lines]


def demonstrations_for(
    linker: Linker, facts: CatalogFacts, embed: Callable[[str], NDArray[np.float32]] | None = None
) -> Demonstrations:
    """The demonstrations in the words of the linker's catalogue, its best known items among them."""
    schema, columns = linker.catalog.schema, linker.columns
    numbers = {name: column for name, column in columns.items() if isinstance(column, NumberColumn)}
    usual = {n: float(round(np.median(c.sorted), 1)) for n, c in numbers.items() if len(c.sorted)}
    popularity = schema.role("popularity")
    fame = numbers.get(popularity.name) if popularity is not None else None
    order = range(KNOWN) if fame is None else np.argsort(-np.nan_to_num(fame.data, nan=-1.0), kind="stable")[:KNOWN]
    rows = [int(row) for row in order if row < len(linker.catalog)]
    titles = sorted((item.title for item in linker.catalog.at(rows)), key=lambda title: len(title.split()) > SHORT)
    return Demonstrations.of(schema, facts.values, usual, titles, embed)


@lru_cache(maxsize=1)
def _committed() -> list[dict[str, Any]]:
    text = (prompts.FOLDER / "demonstrations.yaml").read_text(encoding="utf-8")
    held: list[dict[str, Any]] = yaml.safe_load(text)
    return held


def _words(
    schema: CatalogSchema, values: Mapping[str, Sequence[str]], lengths: Mapping[str, float], titles: Sequence[str]
) -> dict[str, str]:
    """What stands for the words in braces: the fields that play a part, and some of their values."""
    words = {"noun": schema.noun.one, "nouns": schema.noun.many}
    words |= {f"title_{n}": title for n, title in enumerate(titles[:2], 1)}
    for name, role in (("kind", "genre"), ("mood", "mood"), ("maker", "creator"), ("release", "release")):
        playing = [s for s in schema.fields if s.role == role]
        spec = min(playing, key=lambda s: len(values.get(s.name, ())), default=None)
        if spec is not None:
            words[name] = spec.name
            named = "person" if name == "maker" else name
            words |= {f"{named}_{n}": _spoken(v, spec) for n, v in enumerate(values.get(spec.name, ())[:2], 1)}
    length = next((s for s in schema.fields if s.role == "length"), None)
    if length is not None and length.name in lengths:
        words |= {"length": length.name, "length_bound": f"{lengths[length.name]:g}"}
    return words


def _spoken(value: str, spec: FieldSpec) -> str:
    return value if spec.type == "people" else value.lower()


def _filled(told: Any, words: Mapping[str, str]) -> Any:  # noqa: ANN401 - a piece of YAML
    """`told` with its braces filled in; None when a word is missing."""
    if isinstance(told, str):
        names = _BRACES.findall(told)
        return None if set(names) - set(words) else _BRACES.sub(lambda m: words[m[1]], told)
    if isinstance(told, list):
        items = [_filled(each, words) for each in told]
        return None if any(each is None for each in items) else items
    if isinstance(told, dict):
        pairs = {key: _filled(value, words) for key, value in told.items()}
        return None if any(value is None for value in pairs.values()) else pairs
    return told
