"""The lexicon of a catalogue: every phrase of its schema and every value of its items, as a token trie."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from core.schema import CatalogSchema, Direction, FieldSpec, Phrase, Vague, ValueSpec
from tools.catalog.columns import CategoryColumn, Column
from tools.linking.generic import GENERIC
from tools.text import STOPWORDS, words

Kind = Literal[
    "value", "vague", "comparative", "superlative", "field", "asked_by", "linked_by", "phrase", "noun", "used",
    "using", "idle", "unit",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """One meaning of a phrase."""

    kind: Kind
    field: str | None = None
    value: str | None = None
    """Canonical value for kind "value"; for a comparative or superlative, the category value of which there is more."""
    direction: Direction | None = None
    vague: Vague | None = None
    phrase: Phrase | None = None
    count: int = 0
    """Items that hold the value."""
    exact: bool = True
    """False for a part of a name ("tarantino")."""


@dataclass
class Lexicon:
    """Token trie over phrases; `match` yields the phrases that start at a token."""

    schema: CatalogSchema
    root: dict[str, Any] = field(default_factory=dict)
    single: dict[str, int] = field(default_factory=dict)
    """Every token of every phrase, with how many phrases hold it: the words that typing slips are mended towards."""

    def add(self, phrase: str, entry: Entry) -> None:
        """Teach the lexicon a phrase."""
        tokens = words(phrase.replace("'", ""))
        if not tokens:
            return
        node = self.root
        for token in tokens:
            node = node.setdefault(token, {})
            self.single[token] = self.single.get(token, 0) + 1
        entries: list[Entry] = node.setdefault("", [])
        if entry not in entries:
            entries.append(entry)

    def match(self, tokens: list[str], start: int) -> Iterator[tuple[int, list[Entry]]]:
        """(end, entries) for every phrase that begins at `start`; a plural or singular of the last word matches too."""
        nodes = [self.root]
        for end in range(start, len(tokens)):
            here = [n[form] for n in nodes for form in _forms(tokens[end]) if form in n]
            if not here:
                return
            entries = [entry for node in here for entry in node.get("", ())]
            if entries:
                yield end + 1, list(dict.fromkeys(entries))
            nodes = here

    def lookup(self, phrase: str) -> list[Entry]:
        """Meanings of exactly this phrase."""
        tokens = words(phrase.replace("'", ""))
        return next((entries for end, entries in self.match(tokens, 0) if end == len(tokens)), [])


def _forms(token: str) -> tuple[str, ...]:
    forms = [token]
    if len(token) > 3:
        if token.endswith("ies"):
            forms.append(token[:-3] + "y")
        if token.endswith("es"):
            forms.append(token[:-2])
        forms.append(token[:-1] if token.endswith("s") else token + "s")
    return tuple(forms)


def build_lexicon(schema: CatalogSchema, columns: Mapping[str, Column]) -> Lexicon:
    """The lexicon of a schema and of the values its items hold."""
    lexicon = Lexicon(schema)
    for phrase in (schema.noun.one, schema.noun.many, *schema.noun.aliases):
        lexicon.add(phrase, Entry("noun"))
    for phrase in schema.consumption.bare:
        lexicon.add(phrase, Entry("using"))
    for phrase in schema.consumption.past:
        lexicon.add(phrase, Entry("used"))
    for phrase in schema.idle_words:
        lexicon.add(phrase, Entry("idle"))
    for fixed in schema.phrases:
        for phrase in fixed.say:
            lexicon.add(phrase, Entry("phrase", phrase=fixed))
    for spec in schema.fields:
        _add_field(lexicon, spec)
    for spec in schema.fields:
        column = columns.get(spec.name)
        if spec.type in {"category", "people"}:
            _add_values(lexicon, spec, column if isinstance(column, CategoryColumn) else None)
    return lexicon


def _add_field(lexicon: Lexicon, spec: FieldSpec) -> None:
    for phrase in {spec.title, *spec.spoken}:
        lexicon.add(phrase, Entry("field", spec.name))
    for phrase in spec.asked_by:
        lexicon.add(phrase, Entry("asked_by", spec.name))
    for phrase in spec.linked_by:
        lexicon.add(phrase, Entry("linked_by", spec.name))
    for word, vague in spec.vague.items():
        lexicon.add(word, Entry("vague", spec.name, vague=vague))
    for word, direction in spec.comparatives.items():
        lexicon.add(word, Entry("comparative", spec.name, direction=direction))
    for word, direction in spec.superlatives.items():
        lexicon.add(word, Entry("superlative", spec.name, direction=direction))


def _add_values(lexicon: Lexicon, spec: FieldSpec, column: CategoryColumn | None) -> None:
    held = dict(zip(column.vocabulary, column.counts.tolist(), strict=True)) if column else {}
    for value, count in held.items():
        if value not in spec.values and _says_nothing(lexicon, value):
            continue
        lexicon.add(value, Entry("value", spec.name, value, count=count))
    for value, extra in spec.values.items():
        entry = Entry("value", spec.name, value, count=held.get(value, 0))
        for phrase in (value, *extra.aliases):
            lexicon.add(phrase, entry)
        for word in extra.more:
            lexicon.add(word, Entry("comparative", spec.name, value, direction="more"))
        if spec.role == "mood":
            _add_degrees(lexicon, spec, value, extra)
    if spec.role == "series":
        _add_first_words(lexicon, spec, held)
    if spec.type == "people":
        _add_surnames(lexicon, spec, held)


def _add_degrees(lexicon: Lexicon, spec: FieldSpec, value: str, extra: ValueSpec) -> None:
    """The most and the least of a mood: "the funniest", "most romantic", "the least scary"."""
    for word in extra.more:
        if word.endswith("er") and " " not in word:
            lexicon.add(f"{word[:-2]}est", Entry("superlative", spec.name, value, direction="more"))
    for word in (value, *extra.aliases):
        if " " not in word:
            lexicon.add(f"most {word}", Entry("superlative", spec.name, value, direction="more"))
            lexicon.add(f"least {word}", Entry("superlative", spec.name, value, direction="less"))


def _add_first_words(lexicon: Lexicon, spec: FieldSpec, held: dict[str, int]) -> None:
    """The first word of a series' name on its own ("Marvel"), where no other series begins with it."""
    by_first: dict[str, list[str]] = {}
    for name, count in held.items():
        parts = words(name)
        if len(parts) > 1 and len(parts[0]) > 3:
            by_first.setdefault(parts[0], []).append(name)
        if len(parts) > 1 and parts[0] in {"the", "a", "an"}:
            lexicon.add(" ".join(parts[1:]), Entry("value", spec.name, name, count=count))
    for first, names in by_first.items():
        if len(names) == 1:
            lexicon.add(first, Entry("value", spec.name, names[0], count=held[names[0]], exact=False))


def _says_nothing(lexicon: Lexicon, value: str) -> bool:
    """An undeclared value (a tag somebody gave) that is the domain's own noun, or ordinary talk: "movies", "great"."""
    tokens = words(value)
    if all(t in GENERIC or t in STOPWORDS for t in tokens):
        return True
    return any(e.kind in {"noun", "used", "using", "idle", "field"} for e in lexicon.lookup(value))


def _add_surnames(lexicon: Lexicon, spec: FieldSpec, held: dict[str, int]) -> None:
    """Last names on their own, for people found at least twice or alone in bearing the name."""
    bearers: dict[str, list[tuple[int, str]]] = {}
    for name, count in held.items():
        parts = words(name)
        last = " ".join(words(name.split()[-1])) if name.split() else ""  # "kore eda" of Kore-eda
        if len(parts) > 1 and len(last) > 3:
            bearers.setdefault(last, []).append((count, name))
    for surname, people in bearers.items():
        people.sort(key=lambda p: (-p[0], p[1]))
        count, name = people[0]
        together = len(people) == 2 and count > 1 and people[1][0] == count
        if len(people) == 1 or together or count >= 2 * people[1][0]:
            lexicon.add(surname, Entry("value", spec.name, name, count=count, exact=False))
        if len(people) > 1:
            for kin in ("brothers", "sisters", "siblings"):
                for times, bearer in people:
                    lexicon.add(f"{surname} {kin}", Entry("value", spec.name, bearer, count=times))
