"""The conversation in the terminal: reads lines, runs commands, draws turns."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from core.errors import ConversationMoved
from core.ledger import LedgerPatch
from ui.terminal import Terminal

if TYPE_CHECKING:
    from agent.build import Tastemaker
    from core.turn import Conversation

HELP = """/ledger   what I know of what you want
/undo     take the last change back     /redo   bring it back
/new      start over in a new conversation
/help     this list                     /quit   leave (Ctrl-D too)"""


class Chat:
    """One conversation at one terminal."""

    def __init__(self, tastemaker: Tastemaker, conversation: Conversation, controller: str | None) -> None:
        self.tastemaker = tastemaker
        self.controller = controller
        self.terminal = Terminal()
        self.id = conversation.id
        self.person = conversation.profile.person
        self.catalog = tastemaker.catalog(conversation.catalog)

    def run(self) -> None:
        """Talk until the input ends, /quit or Ctrl-C."""
        self._greet()
        for line in self._read():
            said = line.strip()
            if not said:
                continue
            if said.startswith("/"):
                if said in {"/quit", "/exit", "/q"}:
                    break
                self._command(said)
            else:
                self._answer(said)
        self._leave()

    def _greet(self) -> None:
        if not sys.stdin.isatty():
            return
        schema = self.catalog.schema
        self.terminal.line(f"{schema.title} — I can help you {schema.purpose}.", "bold")
        self.terminal.line(f"{len(self.catalog):,} {schema.noun.many}; {self._who()}; /help lists the commands.", "dim")
        if not self.person:
            self.terminal.line("You are a guest: nothing of you is remembered beyond this conversation.", "dim")
        conversation = self.tastemaker.store.load(self.id)
        if conversation.last is not None:
            self.terminal.line(f"Going on with “{conversation.title}”. The last thing I said:", "dim")
            self.terminal.reply(conversation.last.reply)
        elif schema.examples:
            self.terminal.line(f"For example: {schema.examples[0]}", "dim")

    def _who(self) -> str:
        name = self.controller or self.tastemaker.settings.resolved_controller
        if name == "model":
            return f"{self.tastemaker.settings.model} answers"
        return "the built-in controller answers" if name == "rules" else f"the controller {name} answers"

    def _read(self) -> Iterator[str]:
        if not sys.stdin.isatty():
            yield from sys.stdin
            return
        import readline  # noqa: F401 (gives input() its history and line editing)

        while True:
            try:
                yield input("\n› ")
            except (EOFError, KeyboardInterrupt):
                self.terminal.line()
                return

    def _answer(self, said: str) -> None:
        question = self.tastemaker.store.load(self.id).question
        if question is not None and said.isdecimal() and 1 <= int(said) <= len(question.choices):
            said = question.choices[int(said) - 1].label
        try:
            self.terminal.follow(self.tastemaker.stream(self.id, said, self.controller), self.catalog.schema)
        except ConversationMoved:
            self.terminal.line(
                "This conversation went on elsewhere while I was answering; I have read it again. Please repeat."
            )
        except KeyboardInterrupt:
            self.terminal.line("\n(stopped; nothing of this answer is kept)", "dim")
        if not self.terminal.rich:
            self.terminal.line()

    def _command(self, said: str) -> None:
        match said.split(maxsplit=1)[0]:
            case "/ledger":
                self._ledger()
            case "/undo":
                self._travel("undo")
            case "/redo":
                self._travel("redo")
            case "/new":
                self.id = self.tastemaker.start(self.catalog.name, person=self.person).id
                self.terminal.line("A new conversation.")
            case "/help":
                self.terminal.line(HELP)
            case other:
                self.terminal.line(f"There is no command {other}. /help lists them.")

    def _travel(self, way: Literal["undo", "redo"]) -> None:
        before = self.tastemaker.store.load(self.id).ledger
        steps = before.past if way == "undo" else before.future
        if not steps:
            self.terminal.line(f"There is nothing to {way}.")
            return
        self.tastemaker.edit(self.id, LedgerPatch(travel=way))
        self.terminal.line("Undone." if way == "undo" else "Back as it was.")
        self._ledger()

    def _ledger(self) -> None:
        ledger = self.tastemaker.store.load(self.id).ledger
        titles = {i.id: i.title for i in self.catalog.find((*ledger.liked, *ledger.disliked, *ledger.seen))}
        self.terminal.ledger(ledger, self.catalog.schema, titles)

    def _leave(self) -> None:
        conversation = self.tastemaker.store.load(self.id)
        if not conversation.version:
            self.tastemaker.store.delete(self.id)
            return
        sys.stderr.write(f"Go on any time: tastemaker chat --conversation {self.id}\n")
