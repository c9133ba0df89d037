"""Drawing for the terminal: replies as they stream, slates as tables, the ledger as marks."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from typing import IO

from rich.console import Console
from rich.markdown import Markdown
from rich.table import Table
from rich.text import Text

from core.events import Event, SlateReady, TextDelta, TextReplaced, TurnDone
from core.ledger import Ledger
from core.schema import CatalogSchema
from core.turn import Question, Recommendation, Turn
from ui.facts import chip, key_facts, marks, opinions
from ui.prose import CardLines

STYLES = {"✔": "green", "✘": "red", "?": "yellow"}


class Terminal:
    """Draws on a terminal, and plain text where there is none."""

    def __init__(self, file: IO[str] | None = None) -> None:
        out = file or sys.stdout
        self.console = Console(file=out, highlight=False, soft_wrap=not out.isatty())

    @property
    def rich(self) -> bool:
        """Whether colours and tables are wanted."""
        return self.console.is_terminal

    def line(self, text: str = "", style: str = "") -> None:
        """One line, as it is."""
        self.console.print(Text(text, style=style))

    def reply(self, text: str) -> None:
        """A whole reply: drawn on a terminal, as it is elsewhere."""
        if self.rich:
            self.console.print(Markdown(text))
        else:
            self.line(text)

    def follow(self, events: Iterable[Event], schema: CatalogSchema) -> Turn:
        """Draw a turn while it happens: prose as it comes, then the slate and the choices."""
        prose = _Prose(self)
        for event in events:
            match event:
                case SlateReady(slate=slate):
                    prose.titles = [r.item.title for r in slate] if self.rich else []
                case TextDelta(text=text):
                    prose.say(text)
                case TextReplaced(text=text):
                    prose.replace(text)
                case TurnDone(turn=turn):
                    prose.end()
                    self.turn(turn, schema)
                    return turn
        raise RuntimeError("the turn ended without TurnDone")

    def turn(self, turn: Turn, schema: CatalogSchema) -> None:
        """What stands below a reply."""
        if turn.slate and self.rich:
            self.console.print(slate_table(turn.slate, schema))
        if turn.question and self.rich:
            self.choices(turn.question)

    def choices(self, question: Question) -> None:
        """The answers to a question, numbered."""
        for number, choice in enumerate(question.choices, start=1):
            count = f" ({choice.count:,})" if choice.count is not None else ""
            self.console.print(Text.assemble((f"  {number}  ", "bold"), choice.label, (count, "dim")))

    def ledger(self, ledger: Ledger, schema: CatalogSchema, titles: Mapping[str, str]) -> None:
        """What is known of the person."""
        if ledger.bare and not opinions(ledger):
            self.line("Nothing yet.")
        for preference in ledger.preferences:
            label, signs = chip(preference, schema)
            quote = f"   “{preference.quote}”" if preference.quote else ""
            self.console.print(Text.assemble((f"  {signs:>2} ", "bold"), label, (quote, "dim")))
        for name, ids in opinions(ledger):
            self.line(f"     {name}: {', '.join(titles.get(i, i) for i in ids)}")
        if ledger.preferences:
            self.line("     (! must, ~ nice to have, ✕ to be avoided)", "dim")


class _Prose:
    """A reply on its way to the terminal: bold and italics drawn, card lines left out."""

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal
        self.titles: list[str] = []
        self._lines: CardLines | None = None
        self._written = ""
        self._inline = _Inline()

    def say(self, text: str) -> None:
        self._lines = self._lines or CardLines(self.titles)
        self._write(self._lines.feed(text))

    def replace(self, text: str) -> None:
        if self._written and text.startswith(self._written):
            self.say(text[len(self._written) :])
            return
        if self._written:
            self._write("\n\n")
            self.terminal.line("(that did not hold; this does)", "dim")
        self._lines = None
        self.say(text)

    def end(self) -> None:
        if self._lines is not None:
            self._write(self._lines.finish())
        self.terminal.console.print(self._inline.finish())

    def _write(self, text: str) -> None:
        self._written += text
        if not self.terminal.rich:
            self.terminal.console.print(Text(text), end="")
            return
        self.terminal.console.print(self._inline.feed(text), end="", soft_wrap=True)


class _Inline:
    """`**bold**` and `*italics*` in text that comes in pieces."""

    def __init__(self) -> None:
        self._held = ""
        self._bold = self._italic = False

    def feed(self, text: str) -> Text:
        text = self._held + text
        self._held = "*" if text.endswith("*") and not text.endswith("**") else ""
        text = text.removesuffix("*") if self._held else text
        drawn = Text()
        for part in re.split(r"(\*\*|\*)", text):
            if part == "**":
                self._bold = not self._bold
            elif part == "*":
                self._italic = not self._italic
            else:
                drawn.append(part, " ".join(n for n, on in (("bold", self._bold), ("italic", self._italic)) if on))
        return drawn

    def finish(self) -> Text:
        rest, self._held = self._held, ""
        return Text(rest)


def slate_table(slate: Iterable[Recommendation], schema: CatalogSchema) -> Table:
    """A slate as a table: title and key facts, the marks of the receipt, the reason."""
    table = Table(box=None, padding=(0, 2, 1, 0), show_header=False, pad_edge=False)
    table.add_column("", style="bold cyan", no_wrap=True)
    table.add_column("", ratio=3)
    table.add_column("", ratio=2)
    table.add_column("", ratio=4)
    for number, recommendation in enumerate(slate, start=1):
        item = recommendation.item
        notices = "".join(f" ({n})" for n in recommendation.notices)
        title = Text.assemble(
            (item.title, "bold"), (notices, "yellow"), "\n", (" · ".join(key_facts(item, schema)), "dim")
        )
        receipt = Text("\n").join(
            Text.assemble((f"{mark} ", STYLES[mark]), label) for mark, label, _ in marks(recommendation)
        )
        table.add_row(str(number), title, receipt, Text(recommendation.reason))
    return table
