"""Verify: hold a written reply against the cards of its turn, and mend what does not hold.

Every title, number, name and checked attribute in the reply must be found on the cards it speaks of, or in what the
person and the ledger said. A sentence that fails is dropped; when a card would go unmentioned, nothing is left and the
caller writes the reply from its template.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Literal

from agent.cardrefs import BARE, REFERENCE, fill
from agent.figures import figures, numbers
from core.items import Item
from core.preferences import quantity
from core.schema import CatalogSchema, FieldSpec
from core.values import Value
from prompts.recital import recites
from tools.linking.english import common
from tools.linking.linker import Linker
from tools.linking.titles import key_of
from tools.markup import active_in, inert
from tools.text import normalise

ProblemKind = Literal["card", "title", "number", "name", "attribute", "markup", "prompt"]
Known = Callable[[str], bool]
"""Whether a capitalised phrase is a title or a person of the catalogue."""

_FENCE = re.compile(r"`+|^#{1,6}\s+|^\s*>\s?|^\s*\|", re.MULTILINE)
_SENTENCE = re.compile(
    r"(?<=[.!?…])(?<!\b[A-Z]\.)(?<!\bDr\.)(?<!\bMr\.)(?<!\bSt\.)(?<!\bvs\.)(?<!\bMrs\.)\s+(?=[^a-z\s])"
)
_BULLET = re.compile(r"\s*(?:[-*•]|\d{1,2}[.)])\s+")
_MARKED = re.compile(r"\*\*([^*\n]+)\*\*|“([^”\n]+)”|\"([^\"\n]+)\"|«([^»\n]+)»|(?<![\w*])\*([^*\n]+)\*(?![\w*])")
_CAPITAL = re.compile(r"[^\W\d_][\w'’.-]*", re.UNICODE)
_POSSESSIVE = re.compile(r"['’]s$")
_JOINING = frozenset({"of", "the", "and", "a", "an", "in", "on", "to", "for", "de", "la", "le", "von", "van", "der"})
_DENIAL = re.compile(
    r"\b(?:no|not|non|without|never|less|isn't|aren't|nothing|neither|nor|rather than|instead of|than)\b"
)
CHECKED_ROLES = frozenset({"genre", "age_rating", "creator", "availability"})


class Problem(Value):
    """Something in a reply that no card bears out."""

    kind: ProblemKind
    text: str
    """The words in question."""


class Verified(Value):
    """The outcome: `ok` when nothing had to be changed; `text` is what may be shown, empty when too little is left."""

    ok: bool
    text: str
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class Evidence:
    """What a reply may draw on."""

    slate: Mapping[int, Item]
    """Items of the slate by card number."""
    schema: CatalogSchema
    said: tuple[str, ...] = ()
    """What the person said, labels of the ledger, counts, questions and notices."""
    allowed: tuple[str, ...] = ()
    """Titles that may be named besides the slate's: liked items, items asked about."""
    known: Known = field(default=lambda _: False)

    @cached_property
    def told(self) -> str:
        """Everything that was said, normalised, with blanks around."""
        return _padded((*self.said, *self.allowed))

    @cached_property
    def told_numbers(self) -> set[float]:
        """Every number that was said."""
        return numbers((*self.said, *self.allowed), self.schema)

    def counts(self, text: str) -> bool:
        """Whether a bare number can be a count of cards."""
        return text.isdigit() and int(text) <= len(self.slate)

    @cached_property
    def text_of(self) -> dict[int, str]:
        """What each card says in words, normalised."""
        return {n: _padded(_words_on(item, self.schema)) for n, item in self.slate.items()}

    @cached_property
    def numbers_of(self) -> dict[int, set[float]]:
        """What each card says in numbers, as stored and as shown."""
        return {n: _numbers_on(item, self.schema) for n, item in self.slate.items()}


def verify(reply: str, evidence: Evidence) -> Verified:
    """Check `reply` (with its references [[n]]) sentence by sentence, and repair it; see the module's first lines."""
    clean, problems = _without_markup(reply)
    kept: list[str] = []
    scope: tuple[int, ...] = ()
    for line in clean.split("\n"):
        sentences, scope, wrong = _check_line(line, scope, evidence)
        problems += wrong
        if sentences is not None:
            kept.append(sentences)
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()
    if recites(text):  # sentence after sentence, each too short to tell
        return Verified(ok=False, text="", problems=(*problems, Problem(kind="prompt", text=f"{text[:20]}…")))
    left = {int(match["n"]) for match in REFERENCE.finditer(text)}
    titles = {number: item.title for number, item in evidence.slate.items()}
    enough = bool(text) and left >= set(evidence.slate)
    return Verified(ok=not problems, text=fill(text, titles) if enough else "", problems=tuple(problems))


def known_in(linker: Linker) -> Known:
    """Whether a phrase is a whole title, or a person, of the linker's catalogue."""
    people = {spec.name for spec in linker.catalog.schema.fields if spec.type == "people"}

    def known(phrase: str) -> bool:
        if key_of(phrase) in linker.titles.exact:
            return True
        return any(e.kind == "value" and e.field in people and e.exact for e in linker.lexicon.lookup(phrase))

    return known


def _without_markup(reply: str) -> tuple[str, list[Problem]]:
    """The reply without links, addresses, tags, code and invisible letters; emphasis and lists stay."""
    problems = [Problem(kind="markup", text=found[:80]) for found in active_in(reply)]
    return _FENCE.sub("", inert(reply)), problems


def _check_line(
    line: str, scope: tuple[int, ...], evidence: Evidence
) -> tuple[str | None, tuple[int, ...], list[Problem]]:
    """The line without its failing sentences (None when none is left), the cards it ends on, and the problems."""
    if not line.strip():
        return "", scope, []
    bullet = _BULLET.match(line)
    start = bullet[0] if bullet else ""
    if bullet:
        scope = ()
    kept, problems, lost = [], [], False
    for sentence in _SENTENCE.split(line[len(start) :]):
        named = tuple(n for m in REFERENCE.finditer(sentence) if (n := int(m["n"])) in evidence.slate)
        scope = named or scope
        wrong = list(_problems(sentence, scope or tuple(evidence.slate), evidence))
        problems += wrong
        lost = lost or bool(wrong and named)
        if not wrong and not lost:  # what follows a dropped card would hang in the air
            kept.append(sentence)
    return (start + " ".join(kept) if kept else None), scope, problems


def _problems(sentence: str, scope: tuple[int, ...], evidence: Evidence) -> Iterator[Problem]:
    if recites(sentence):
        yield Problem(kind="prompt", text=f"{sentence[:20]}…")
    for match in REFERENCE.finditer(sentence):
        if int(match["n"]) not in evidence.slate:
            yield Problem(kind="card", text=match[0])
    bare = BARE.sub(" \N{MIDDLE DOT} ", sentence)
    words = evidence.told + "".join(evidence.text_of[n] for n in scope)
    for match in _MARKED.finditer(bare):
        marked = next(group for group in match.groups() if group)
        if not _found(marked, words):
            yield Problem(kind="title", text=marked)
    unmarked = _MARKED.sub(" \N{MIDDLE DOT} ", bare)
    facts = evidence.told_numbers.union(*(evidence.numbers_of[n] for n in scope))
    for figure in figures(bare, evidence.schema):
        if not figure.within(facts) and not evidence.counts(figure.text):
            yield Problem(kind="number", text=figure.text)
    known = (*_names(unmarked, evidence.known), *_lone_titles(unmarked, evidence.known), *_strangers(unmarked, words))
    yield from (Problem(kind="name", text=n) for n in dict.fromkeys(known) if not _found(n, words))
    if not sentence.rstrip().endswith("?"):
        yield from _attributes(bare, words, evidence)


def _names(text: str, known: Known) -> Iterator[str]:
    """The longest capitalised phrases of two words or more that the catalogue knows."""
    tokens = list(_CAPITAL.finditer(text))
    start = 0
    while start < len(tokens):
        end = next((e for e in range(min(len(tokens), start + 8), start + 1, -1) if _is_name(text, tokens[start:e])), 0)
        while end > start + 1 and not known(_phrase(text, tokens[start:end])):
            end = next((e for e in range(end - 1, start + 1, -1) if _is_name(text, tokens[start:e])), 0)
        if end > start + 1:
            yield _phrase(text, tokens[start:end])
            start = end
        else:
            start += 1


def _lone_titles(text: str, known: Known) -> Iterator[str]:
    """Single capitalised words that are a whole title, unless they are ordinary words that begin a sentence."""
    for n, token in enumerate(_CAPITAL.finditer(text)):
        word = token[0].rstrip(".'’-")
        begins = n == 0 or text[: token.start()].rstrip()[-1:] in {":", "—", "–", "-"}
        if word[:1].isupper() and len(word) > 1 and not (begins and common(normalise(word))) and known(word):
            yield word


def _strangers(text: str, words: str) -> Iterator[str]:
    """Names of two words or more, within a sentence, of which nothing stands on the cards or was said."""
    tokens = list(_CAPITAL.finditer(text))[1:]
    start = 0
    while start < len(tokens):
        end = next((e for e in range(len(tokens), start + 1, -1) if _is_name(text, tokens[start:e])), start + 1)
        telling = [t[0] for t in tokens[start:end] if t[0].lower() not in _JOINING]
        if end > start + 1 and not any(_found(word, words) for word in telling):
            yield _phrase(text, tokens[start:end])
        start = end


def _phrase(text: str, tokens: list[re.Match[str]]) -> str:
    phrase = text[tokens[0].start() : tokens[-1].end()]
    return _POSSESSIVE.sub("", phrase.rstrip(".'’-"))


def _is_name(text: str, tokens: list[re.Match[str]]) -> bool:
    """Whether these words stand together and are written like a name."""
    between = (text[a.end() : b.start()] for a, b in pairwise(tokens))
    if not all(re.fullmatch(r"[ ,:&'’.-]{1,3}", gap) for gap in between):
        return False
    ends = tokens[0][0][0].isupper() and tokens[-1][0][0].isupper()
    return ends and all(t[0][0].isupper() or t[0] in _JOINING for t in tokens)


def _attributes(sentence: str, words: str, evidence: Evidence) -> Iterator[Problem]:
    """Values of the checked fields that the sentence claims and the cards do not have."""
    said = _padded([sentence])
    for spec in evidence.schema.fields:
        if spec.type != "category" or spec.role not in CHECKED_ROLES:
            continue
        for value, declared in spec.values.items():
            spellings = (value, *(a for a in declared.aliases if len(a) > 3))
            spoken = next((s for s in spellings if f" {normalise(s)} " in said), None)
            if spoken is None or any(_found(s, words) for s in spellings):
                continue
            before = said[: said.index(f" {normalise(spoken)} ")]
            if not _DENIAL.search(" ".join(before.split()[-4:])):
                yield Problem(kind="attribute", text=spoken)


def _found(phrase: str, words: str) -> bool:
    key = normalise(phrase)
    return not key or f" {key} " in words


def _padded(texts: Iterable[str]) -> str:
    return "".join(f" {normalise(text)} " for text in texts)


def _words_on(item: Item, schema: CatalogSchema) -> Iterator[str]:
    yield item.title
    for spec in schema.fields:
        for value in item.values(spec.name):
            yield str(value)
            yield from spec.values[str(value)].aliases if str(value) in spec.values else ()


def _numbers_on(item: Item, schema: CatalogSchema) -> set[float]:
    held = numbers([item.title], schema)
    for spec in schema.fields:
        held |= _numbers_in(item, spec, schema)
    return held


def _numbers_in(item: Item, spec: FieldSpec, schema: CatalogSchema) -> set[float]:
    values = item.values(spec.name)
    if spec.type != "number":
        return numbers((str(v) for v in values), schema)
    exact = {float(v) for v in values if isinstance(v, int | float)}
    shown = numbers((quantity(v, spec) for v in values), schema)
    return exact | {float(round(v)) for v in exact} | {round(v, 1) for v in exact} | shown
