"""Drawing in the terminal: the slate as a table, the question as numbered choices, the ledger as a list."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from core.ledger import Ledger
from core.preferences import quantity
from core.schema import CatalogSchema
from core.turn import Question, Recommendation

if TYPE_CHECKING:
    from core.items import Item

MARKS = {"passed": "✔", "failed": "✘", "unknown": "?"}


def console() -> Console:
    """A console that leaves out colours when the output is no terminal."""
    return Console(highlight=False, soft_wrap=not sys.stdout.isatty())


def slate_table(slate: tuple[Recommendation, ...], schema: CatalogSchema) -> Table:
    """The slate: number, title with key facts, receipt marks, why."""
    table = Table(show_lines=False, header_style="bold", box=None, pad_edge=False)
    for name in ("", schema.noun.one, "", "receipt", "why"):
        table.add_column(name, overflow="fold")
    for number, shown in enumerate(slate, start=1):
        notes = f" ({', '.join(shown.notices)})" if shown.notices else ""
        receipt = "  ".join(f"{MARKS[line.verdict]} {line.label}" for line in shown.receipt)
        table.add_row(str(number), f"[bold]{shown.item.title}[/bold]{notes}", key_facts(shown.item, schema), receipt, shown.reason)
    return table


def key_facts(item: Item, schema: CatalogSchema) -> str:
    """The card fields of an item on one line."""
    facts = []
    for spec in schema.fields:
        if not spec.card:
            continue
        values = item.values(spec.name)
        if values:
            facts.append(", ".join(quantity(v, spec) for v in values[:3]))
    return " · ".join(facts)


def choices(question: Question) -> str:
    """The choices of a question, numbered, with what each leaves."""
    lines = [f"  {n}. {c.label}" + (f" ({c.count:,})" if c.count is not None else "") for n, c in enumerate(question.choices, start=1)]
    return "\n".join(lines)


def ledger_text(ledger: Ledger, schema: CatalogSchema, titles: dict[str, str]) -> str:
    """The ledger as lines: ! must hold, ~ would be nice."""
    lines = [f"  {'!' if p.hard else '~'} {p.label(schema)}" for p in ledger.preferences]
    for word, ids in (("liked", ledger.liked), ("disliked", ledger.disliked), ("seen", ledger.seen)):
        lines += [f"  {word}: {titles.get(i, i)}" for i in ids]
    return "\n".join(lines) or "  nothing yet"
