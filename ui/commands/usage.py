"""`usage`: what the language model cost, by day, and what the ceilings leave for today."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ui.commands import examples

if TYPE_CHECKING:
    from core.turn import Conversation, Usage


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        short_help="What the language model cost.",
        epilog=examples("tastemaker usage", "tastemaker usage --days 7 --json"),
    )(usage)


def usage(
    days: Annotated[int, typer.Option(min=1, max=3660, help="The last so many days (UTC).")] = 30,
    conversation: Annotated[
        str, typer.Option(metavar="ID", help="What the turns of one conversation cost instead.", show_default=False)
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """What the language model cost, by day, model and purpose; and what the ceilings leave for today."""
    from agent.build import build
    from agent.spending import Ceilings

    app = build()
    try:
        if conversation:
            _one(app.store.load(conversation), as_json=as_json)
            return
        rows = app.store.spending.by_day(days)
        today = app.store.spending.today()
    finally:
        app.close()
    ceilings = Ceilings.of(app.settings)
    if as_json:
        told = {
            "days": [{"day": r.day, "model": r.model, "purpose": r.purpose, **_figures(r.usage)} for r in rows],
            "today": _figures(today),
            "ceilings": ceilings.model_dump(),
        }
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    if not rows:
        typer.echo(f"No language model was called in the last {days} days.")
    else:
        _table(rows)
    for what, most, used in (
        ("tokens", ceilings.day_tokens, today.tokens_in + today.tokens_out),
        ("money", ceilings.day_cost, today.cost or 0.0),
    ):
        if most is not None:
            typer.echo(f"Today's ceiling in {what}: {used:,g} of {most:,g} used.")


def _one(conversation: Conversation, *, as_json: bool) -> None:
    """The turns of a conversation and what they cost together."""
    from agent.spending import spent_in

    turns = [{"turn": t.number, "act": t.plan.act.kind} | _figures(t.usage) for t in conversation.turns]
    total = _figures(spent_in(conversation))
    if as_json:
        typer.echo(json.dumps({"turns": turns, "total": total}, ensure_ascii=False, indent=2))
        return
    names = ["turn", "act", "calls", "tokens in", "cached", "tokens out", "cost", "seconds"]
    keys = ["turn", "act", "calls", "tokens_in", "tokens_cached", "tokens_out", "cost", "seconds"]
    rows = [*turns, {"turn": "", "act": "together"} | total]
    _show(names, [[_word(row[key]) for key in keys] for row in rows], left=2)


def _word(value: object) -> str:
    return "" if value is None else f"{value:,}" if isinstance(value, int) else str(value)


def _figures(held: Usage) -> dict[str, Any]:
    return held.model_dump(include={"calls", "tokens_in", "tokens_out", "tokens_cached", "cost"}) | {
        "seconds": round(held.ms / 1000, 1)
    }


def _table(rows: list[Any]) -> None:
    names = ["day", "model", "for", "calls", "tokens in", "cached", "tokens out", "cost", "seconds"]
    lines = []
    for row in rows:
        held = row.usage
        cost = "" if held.cost is None else f"{held.cost:.4f}"
        counts = [f"{n:,}" for n in (held.calls, held.tokens_in, held.tokens_cached, held.tokens_out)]
        lines.append([row.day, row.model, row.purpose, *counts, cost, f"{held.ms / 1000:,.1f}"])
    _show(names, lines, left=3)


def _show(names: list[str], lines: list[list[str]], left: int) -> None:
    """A table whose first `left` columns are words, the others figures."""
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for number, name in enumerate(names):
        table.add_column(name, justify="left" if number < left else "right")
    for line in lines:
        table.add_row(*line)
    console = Console()
    if not console.is_terminal:  # a file or a pipe has no width to keep to
        console.width = 120
    console.print(table)
