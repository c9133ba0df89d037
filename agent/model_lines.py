"""The state of a conversation in lines as a planning prompt shows them."""

from __future__ import annotations

import prompts
from core.items import Catalog, Item
from core.ledger import Ledger
from core.plan import Act, Chat, LookUp
from core.preferences import quantity
from core.schema import CatalogSchema
from core.turn import Turn

MARKS_SHOWN = 8
"""Liked, disliked and seen items named in the prompt, the latest of each."""


def ledger_lines(ledger: Ledger, catalog: Catalog) -> list[str]:
    """What the ledger holds: hard preferences, soft ones, opinions of items, and what does not matter."""
    schema = catalog.schema
    ordered = sorted(ledger.preferences, key=lambda p: not p.hard)
    lines = [f"{p.label(schema)} ({p.strength})" for p in ordered]
    for opinion, ids in (("liked", ledger.liked), ("disliked", ledger.disliked), ("seen", ledger.seen)):
        titles = [named(item, schema) for item in catalog.find(ids[-MARKS_SHOWN:])]
        if titles:
            lines.append(f"{opinion}: {', '.join(titles)}")
    if ledger.adventurous:
        lines.append("wants the less expected")
    if ledger.declined:
        lines.append(f"does not matter: {', '.join(ledger.declined)}")
    return lines


def turn_line(turn: Turn, catalog: Catalog, *, last: bool = False) -> str:
    """A past turn: what was said, and what we did; `last`: what it showed is the last list, which stands apart."""
    did = _done(turn.plan.act)
    if last:
        did = "showed the last list"
    elif turn.slate:
        did = f"showed {', '.join(r.item.title for r in turn.slate)}"
    elif turn.question:
        nothing = "found nothing that fits all; " if turn.question.kind == "relax" else ""
        did = f"{nothing}asked: {turn.question.text}"
    elif turn.focus:
        did += f" {', '.join(item.title for item in catalog.find(turn.focus))}"
    return f"person: {prompts.line(turn.message, 200)} / we {prompts.line(did, 160)}"


def _done(act: Act) -> str:
    """An act that showed nothing, in the words of the prompt: "look_up directors of"."""
    if isinstance(act, Chat):
        return f"chat {act.topic}"
    if isinstance(act, LookUp) and act.fields:
        return f"look_up {', '.join(act.fields)} of"
    return act.kind


def named(item: Item, schema: CatalogSchema) -> str:
    """The title with the year that tells it from others of the same name."""
    release = schema.role("release")
    year = next(iter(item.values(release.name)), None) if release else None
    return f"{item.title} ({quantity(year, release)})" if release and year is not None else item.title
