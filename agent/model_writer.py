"""The model writer: the cards put before a language model, and the slate and reply in its answer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import prompts
from agent.cardrefs import fill, order_of
from agent.model_cards import card_lines, wanted_lines
from agent.outcome import Remarks
from core.errors import ModelBrokeSchema
from core.events import ModelRequest
from core.ledger import Displaced, Ledger
from core.preferences import Preference
from core.schema import CatalogSchema
from core.turn import Question, Recommendation

CARDS_SHOWN = 7
"""Cards a model chooses from, at most; each costs some fifty tokens."""
WORDS = 90
"""Longest reply asked for."""
LONGEST_REPLY = 6000
"""Letters of a reply from which on it is not read at all."""
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
    """The writing call for the first cards, numbered from 1 in the order given; streamed prose.

    `liked`: titles of the items liked, newest last; `must_say`: what listening has to say (see `must_say_of`).
    """
    shown = cards[:CARDS_SHOWN]
    wanted = wanted_lines(shown, ledger, schema)
    if liked:
        wanted.append(f"more like: {', '.join(liked[-5:])}")
    prompt = prompts.render(
        "say",
        purpose=schema.purpose,
        many=schema.noun.many,
        words=WORDS,
        wanted=wanted,
        cards=card_lines(shown, ledger, schema),
        must_say=list(must_say),
        question=_asked(question),
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
    if len(text) > LONGEST_REPLY:
        raise ModelBrokeSchema(f"The model's reply is far too long: {len(text):,} letters.")
    number_of = {title.casefold(): number for number, title in reversed(list(cards.items()))}

    def refer(match: re.Match[str]) -> str:
        number = number_of.get(match[1].strip().casefold())
        return match[0] if number is None else f"[[{number}]]"

    referred = _BOLD.sub(refer, text.strip())
    order = order_of(referred, cards)
    if not order:
        raise ModelBrokeSchema("The model's reply picks none of the cards.")
    return Said(order[:count], referred, fill(text, cards))


def _asked(question: Question | None) -> str:
    """The question with its choices, which the person sees below it."""
    if question is None:
        return ""
    choices = "; ".join(choice.label for choice in question.choices)
    return f"{question.text} (choices shown below: {choices})" if choices else question.text


def must_say_of(remarks: Remarks, schema: CatalogSchema) -> list[str]:
    """What listening has to say, as short notes for the prompt."""
    notes = [f"not in this catalogue: {title}" for title in remarks.unknown_titles]
    notes += [f"could not be used: {words}" for words in remarks.not_understood]
    notes += [_gave_way(d, schema) for d in remarks.displaced]
    displaced = {d.old.id for d in remarks.displaced}
    gone = [p for p in remarks.dropped if p.id not in displaced and not _said_again(p, remarks.understood)]
    notes += [_let_go(p, remarks.understood, schema) for p in gone]
    if remarks.undone:
        notes.append({"undo": "undone", "redo": "redone", "nothing": "there was nothing to undo"}[remarks.undone])
    if remarks.reset:
        notes.append("started over")
    if remarks.cut:
        notes.append("the message was long; only its beginning was read")
    return notes


def _let_go(old: Preference, now: Sequence[Preference], schema: CatalogSchema) -> str:
    """What became of a preference: gone, or only some of its values are."""
    left = next((p for p in now if _part_of(p, old)), None)
    if left is None:
        return f"dropped: {old.label(schema)}"
    return f"of “{old.label(schema)}” only “{left.label(schema)}” still counts"


def _gave_way(displaced: Displaced, schema: CatalogSchema) -> str:
    new, old = displaced.new.label(schema), displaced.old.label(schema)
    if displaced.new.scope == "turn":
        return f"{new} for this list only; {old} holds again after it"
    return f"{new} now replaces {old}"


def _said_again(old: Preference, now: Sequence[Preference]) -> bool:
    """Whether what went is wanted anew in the same message, in another way: once only, or as a must."""
    same = ((p.field, p.polarity, p.values) for p in now)
    return (old.field, old.polarity, old.values) in same


def _part_of(new: Preference, old: Preference) -> bool:
    same = (new.field, new.op, new.polarity) == (old.field, old.op, old.polarity)
    return same and new.field is not None and set(new.values) < set(old.values)
