"""The model writer: the cards put before a language model, and the slate and reply in its answer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import prompts
from agent.cardrefs import fill, order_of
from agent.outcome import Remarks
from core.errors import ModelBrokeSchema
from core.events import ModelRequest
from core.items import Item
from core.ledger import Ledger
from core.preferences import quantity
from core.schema import CatalogSchema, FieldSpec
from core.turn import Question, ReceiptLine, Recommendation

CARDS_SHOWN = 20
WORDS = 90
"""Longest reply asked for."""
MARK = {"passed": "✓", "failed": "✗", "unknown": "?"}
_BOLD = re.compile(r"\*\*([^*\n]+?)\*\*")


class Said(NamedTuple):
    """What the model wrote."""

    order: tuple[int, ...]
    """Numbers of the cards picked, best first."""
    text: str
    """The reply with card references, ready for `verify`."""
    reply: str
    """The reply as a person reads it: what a driver has streamed."""


def say_request(
    message: str,
    cards: Sequence[Recommendation],
    ledger: Ledger,
    schema: CatalogSchema,
    *,
    count: int,
    liked: Sequence[str] = (),
    must_say: Iterable[str] = (),
    question: Question | None = None,
) -> ModelRequest:
    """The writing call for at most twenty cards, numbered from 1 in the order given; streamed prose.

    `liked`: titles of the items liked, newest last; `must_say`: what listening has to say (see `must_say_of`).
    """
    shown = cards[:CARDS_SHOWN]
    wanted = [f"{p.label(schema)} ({p.strength})" for p in ledger.preferences]
    if liked:
        wanted.append(f"more like: {', '.join(liked[-5:])}")
    prompt = prompts.render(
        "say",
        purpose=schema.purpose,
        many=schema.noun.many,
        words=WORDS,
        wanted=wanted,
        cards=[_card(number, card, schema) for number, card in enumerate(shown, 1)],
        must_say=list(must_say),
        question=question.text if question else "",
        message=message,
        count=count,
    )
    titles = {number: card.item.title for number, card in enumerate(shown, 1)}
    return ModelRequest(
        call="say", system=prompt.system, user=prompt.user, stream=True, prompt_hash=prompt.hash, cards=titles
    )


def parse_say(text: str, cards: Mapping[int, str], count: int = 10) -> Said:
    """The slate (at most `count` cards, in order of first mention) and the reply; raises ModelBrokeSchema.

    A card's title in bold counts as a reference to it, in case the model writes titles after all.
    """
    number_of = {title.casefold(): number for number, title in reversed(list(cards.items()))}

    def refer(match: re.Match[str]) -> str:
        number = number_of.get(match[1].strip().casefold())
        return match[0] if number is None else f"[[{number}]]"

    referred = _BOLD.sub(refer, text.strip())
    order = order_of(referred, cards)
    if not order:
        raise ModelBrokeSchema("The model's reply picks none of the cards.")
    return Said(order[:count], referred, fill(text, cards))


def must_say_of(remarks: Remarks, schema: CatalogSchema) -> list[str]:
    """What listening has to say, as short notes for the prompt."""
    notes = [f"not in this catalogue: {title}" for title in remarks.unknown_titles]
    notes += [f"not understood: {words}" for words in remarks.not_understood]
    notes += [f"{d.new.label(schema)} now replaces {d.old.label(schema)}" for d in remarks.displaced]
    displaced = {d.old.id for d in remarks.displaced}
    notes += [f"no longer wanted: {p.label(schema)}" for p in remarks.dropped if p.id not in displaced]
    if remarks.undone:
        notes.append({"undo": "undone", "redo": "redone", "nothing": "there was nothing to undo"}[remarks.undone])
    if remarks.reset:
        notes.append("started over")
    if remarks.cut:
        notes.append("the message was long; only its beginning was read")
    return notes


def _card(number: int, card: Recommendation, schema: CatalogSchema) -> dict[str, object]:
    description = schema.role("description")
    text = next((str(v) for v in card.item.values(description.name)), "") if description else ""
    return {
        "number": number,
        "title": card.item.title,
        "facts": " · ".join(_facts(card.item, schema)),
        "notices": list(card.notices),
        "marks": _marks(card),
        "text": text,
    }


def _facts(item: Item, schema: CatalogSchema) -> list[str]:
    return [text for spec in schema.fields if spec.card and (text := _fact(item, spec))]


def _fact(item: Item, spec: FieldSpec) -> str:
    words = [quantity(value, spec) for value in item.values(spec.name)[:3]]
    if spec.type == "flag":
        return spec.title if item.values(spec.name) == (True,) else ""
    return ", ".join(words)


def _marks(card: Recommendation) -> str:
    marks = [_mark(line) for line in card.receipt]
    if card.like:
        marks.append(f"like {', '.join(card.like[:2])}")
    return "; ".join(marks)


def _mark(line: ReceiptLine) -> str:
    evidence = f" ({line.evidence})" if line.evidence and line.evidence.casefold() not in line.label.casefold() else ""
    return f"{MARK[line.verdict]} {line.label}{evidence}"
