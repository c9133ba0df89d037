"""The cards as a language model reads them: what is true of each, with nothing said twice.

What every card answers alike stands once, behind the wish it belongs to; a card carries what tells it from the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from core.items import Item
from core.ledger import Ledger
from core.preferences import Preference, Verdict, quantity
from core.schema import CatalogSchema, FieldSpec
from core.turn import ReceiptLine, Recommendation

MARK = {"passed": "✓", "failed": "✗", "unknown": "?"}
ALL = {"passed": "all cards", "failed": "no card", "unknown": "no card can tell"}
TEXTS = 3
"""Cards that show their description."""
LETTERS = 90
"""Longest description on a card."""
WORDS_OF_A_FIELD = 3
"""Values of one field that a card shows; those wanted come in any case."""


TAGS_OF_A_FIELD = 2
"""The same for a field that the card itself does not name."""


def wanted_lines(cards: Sequence[Recommendation], ledger: Ledger, schema: CatalogSchema) -> list[str]:
    """The preferences in force; of one that every card answers alike, but for a hard one met, it says how."""
    lines = []
    for preference in ledger.preferences:
        alike = _alike(preference.id, cards)
        if preference.strength == "hard" and alike != "unknown":
            alike = None
        lines.append(f"{preference.label(schema)} ({preference.strength}{f'; {ALL[alike]}' if alike else ''})")
    return lines


def card_lines(cards: Sequence[Recommendation], ledger: Ledger, schema: CatalogSchema) -> list[dict[str, object]]:
    """The cards, numbered from 1, as the template takes them."""
    same_like = len({card.like for card in cards}) == 1
    lines = []
    for number, card in enumerate(cards, 1):
        facts = list(_facts(card.item, schema))
        words = dict.fromkeys(w for w in (*_tags(card.item, schema), *_matched(card, ledger, schema)))
        marks = [f"{MARK[line.verdict]} {line.label}" for line in card.receipt if _tells(line, cards)]
        if card.like and not same_like:
            marks.append(f"close to {', '.join(card.like[:2])}")
        lines.append(
            {
                "number": number,
                "title": card.item.title,
                "facts": " · ".join(facts),
                "notices": list(card.notices),
                "marks": "; ".join(part for part in (", ".join(words), *marks) if part),
                "text": _text(card.item, schema) if number <= TEXTS else "",
            }
        )
    return lines


def _text(item: Item, schema: CatalogSchema) -> str:
    description = schema.role("description")
    told = next((str(v) for v in item.values(description.name)), "") if description is not None else ""
    return cut(" ".join(told.split()), LETTERS)


def cut(text: str, most: int) -> str:
    """`text` of at most `most` letters: whole sentences where one fits, else whole words and "…"."""
    if len(text) <= most:
        return text
    end = max(text.rfind(sign, 0, most) for sign in (". ", "! ", "? "))
    if end > most // 3:
        return text[: end + 1]
    return text[: most - 1].rsplit(" ", 1)[0].rstrip(",;:–—-") + "…"


def _alike(preference: str, cards: Sequence[Recommendation]) -> Verdict | None:
    """The verdict of every card on a preference, where there are several cards and they agree."""
    verdicts = {line.verdict for card in cards for line in card.receipt if line.preference == preference}
    return next(iter(verdicts)) if len(verdicts) == 1 and len(cards) > 1 else None


def _tells(line: ReceiptLine, cards: Sequence[Recommendation]) -> bool:
    """Whether a verdict is news on its card: a hard wish met is not, since every card meets it."""
    if line.strength == "hard" and line.verdict == "passed":
        return False
    return _alike(line.preference, cards) is None


def _facts(item: Item, schema: CatalogSchema) -> Iterator[str]:
    """The card's fields, and what it is a part of."""
    for spec in schema.fields:
        if spec.card or spec.role == "series":
            words = ", ".join(quantity(value, spec) for value in item.values(spec.name)[:WORDS_OF_A_FIELD])
            if spec.type == "flag":
                words = spec.title if item.values(spec.name) == (True,) else ""
            if words and not (spec.role == "series" and words == item.title):
                yield words if spec.card else f"{spec.title}: {words}"


def _tags(item: Item, schema: CatalogSchema) -> Iterator[str]:
    for spec in schema.fields:
        if spec.role == "mood" and not spec.card:
            yield from map(str, item.values(spec.name)[:TAGS_OF_A_FIELD])


def _matched(card: Recommendation, ledger: Ledger, schema: CatalogSchema) -> Iterator[str]:
    """The facts that meet a wish and are not on the card otherwise."""
    passed = {line.preference for line in card.receipt if line.verdict == "passed"}
    for preference in ledger.preferences:
        spec = schema.by_name.get(preference.field or "")
        if preference.id in passed and preference.polarity == "want" and spec is not None and spec.role != "series":
            yield from _proof(preference, spec, card.item)


def _proof(preference: Preference, spec: FieldSpec, item: Item) -> Iterator[str]:
    values = item.values(spec.name)
    if spec.type == "number" and not spec.card:
        yield from (f"{spec.title} {quantity(value, spec)}" for value in values[:1])
    elif spec.type in {"category", "people"}:
        hidden = values[WORDS_OF_A_FIELD:] if spec.card else values
        wanted = {str(v).casefold() for v in preference.values}
        yield from (str(v) for v in hidden if str(v).casefold() in wanted)
