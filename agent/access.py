"""The program as one caller may use it: their own conversations, profiles and catalogues, and nobody else's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent.edits import LedgerEdit, patch_of
from agent.profile.people import person_named
from agent.requests import Request
from core.errors import BadInput, ConversationMoved, UnknownCatalog
from core.events import Event, Planned, SlateReady, StageDone, TextDelta, TurnDone
from core.ledger import LedgerPatch
from core.profile import Profile
from core.turn import Conversation, Turn

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Literal

    from agent.build import CatalogInfo, Tastemaker
    from agent.edits import ItemMark
    from agent.entries import Entry
    from agent.room import Room
    from agent.toolbox import Toolbox

TRIES = 5
_PERSON = re.compile(r"[^:\s]+(?: [^:\s]+)*")
LONGEST_PERSON = 40


@dataclass(frozen=True)
class Access:
    """What one caller can reach. What is not theirs is answered like what does not exist."""

    tastemaker: Tastemaker
    owner: str = ""
    """Whose conversations; empty: those of this installation's own people."""
    open: frozenset[str] | None = None
    """Names of the catalogues; None: all of them."""

    # -- catalogues ----------------------------------------------------------------------------------------------

    def catalogs(self) -> list[CatalogInfo]:
        """The catalogues this caller may use, by name."""
        return [c for c in self.tastemaker.catalogs() if self.open is None or c.name in self.open]

    def room(self, name: str) -> Room:
        """The parts for one catalogue; raises UnknownCatalog."""
        try:
            if self.open is None or name in self.open:
                return self.tastemaker.room(name)
        except UnknownCatalog:
            if self.open is None:
                raise
        there = ", ".join(info.name for info in self.catalogs()) or "none"  # not those that others may use
        raise UnknownCatalog(f"There is no catalogue {name[:80]!r} here.", f"There are: {there}.")

    def toolbox(self, name: str) -> Toolbox:
        """The tools over one catalogue; raises UnknownCatalog."""
        return self.room(name).toolbox

    # -- conversations -------------------------------------------------------------------------------------------

    def start(self, catalog: str, person: str = "", request: Request | None = None) -> Conversation:
        """A new conversation with a person of this caller's, a guest when left out; the same one for the same request.

        Raises UnknownCatalog, BadInput and RequestReused.
        """
        self.room(catalog)
        whom = self._person(person)
        known = self.answered(request)
        if known is not None:
            return known[0]
        profile = self.tastemaker.profile(catalog, whom)
        entries = [request] if request else []
        try:
            return self.tastemaker.store.create(catalog, profile=profile, owner=self.owner, entries=entries)
        except BadInput:
            known = self.answered(request)
            if known is None:
                raise
            return known[0]

    def load(self, conversation: str) -> Conversation:
        """A conversation of this caller's, with the profile to use in it; raises UnknownConversation."""
        found = self.tastemaker.load(conversation, self.owner)
        self.room(found.catalog)
        return found

    def recent(self, limit: int = 50) -> list[Conversation]:
        """This caller's conversations, newest first, without their turns."""
        found = self.tastemaker.store.recent(limit, self.owner)
        return [c for c in found if self.open is None or c.catalog in self.open]

    def delete(self, conversation: str) -> None:
        """Forget a conversation; raises UnknownConversation."""
        self.load(conversation)
        self.tastemaker.store.delete(conversation)

    def check_controller(self, name: str | None) -> None:
        """Raises BadInput where the controller asked for is not set up here."""
        ready = [c.name for c in self.tastemaker.controllers() if c.ready]
        if name is not None and name not in ready:
            raise BadInput(f"The controller {name[:40]!r} is not set up here.", f"There are: {', '.join(ready)}.")

    # -- turns ---------------------------------------------------------------------------------------------------

    def say(
        self, conversation: str, message: str, controller: str | None = None, request: Request | None = None
    ) -> Iterator[Event]:
        """`stream` in a conversation by its id, read when its turn begins; raises UnknownConversation."""
        return self.stream(self.load(conversation), message, controller, request)

    def stream(
        self,
        conversation: Conversation,
        message: str,
        controller: str | None = None,
        request: Request | None = None,
        entries: Sequence[Entry] = (),
    ) -> Iterator[Event]:
        """One turn as events, answered and stored once, however often the same request comes; raises ConversationMoved.

        It is stored before TurnDone is yielded.
        """
        known = self.answered(request)
        if known is None:
            written = [*entries, *([request] if request else [])]
            try:
                yield from self.tastemaker.events(conversation, message, controller, written)
            except ConversationMoved:
                known = self.answered(request)  # the same request may have been quicker on another connection
                if known is None:
                    raise
        if known is not None:
            yield from again(_turn_of(known))

    def answered(self, request: Request | None) -> tuple[Conversation, int] | None:
        """What answered the request before: the conversation, and the number of the turn (0: itself); or None."""
        if request is None:
            return None
        found = self.tastemaker.store.requests.find(request)
        return None if found is None else (self.load(found.conversation), found.number)

    # -- the ledger ----------------------------------------------------------------------------------------------

    def edit(self, conversation: Conversation, edit: LedgerEdit, version: int) -> Conversation:
        """The conversation after a change of its ledger; raises BadInput, and ConversationMoved past `version`."""
        patch = patch_of(edit, conversation.ledger, self.room(conversation.catalog).linker)
        return self.tastemaker.edit_in(conversation, patch, version)

    def travel(self, conversation: Conversation, way: Literal["undo", "redo"], version: int) -> Conversation:
        """Take the last change back, or bring it back; raises BadInput where there is none."""
        steps = conversation.ledger.past if way == "undo" else conversation.ledger.future
        if version == conversation.version and not steps:
            raise BadInput(f"There is nothing to {way}.")
        return self.tastemaker.edit_in(conversation, LedgerPatch(travel=way), version)

    def mark(self, conversation: str, mark: ItemMark) -> Conversation:
        """What the person says of an item shown; it holds whatever else has changed meanwhile."""
        for attempt in range(TRIES):
            held = self.load(conversation)
            try:
                return self.edit(held, LedgerEdit(marks=(mark,)), held.version)
            except ConversationMoved:
                if attempt == TRIES - 1:
                    raise
        raise AssertionError("unreachable")

    # -- people --------------------------------------------------------------------------------------------------

    def profile(self, catalog: str, person: str) -> Profile:
        """What is kept of a person of this caller's in a catalogue."""
        self.room(catalog)
        return self.tastemaker.profile(catalog, self._person(person))

    def forget(self, catalog: str, person: str) -> int:
        """Delete what is kept of a person in a catalogue; returns how many profiles there were."""
        self.room(catalog)
        return self.tastemaker.store.profiles.delete(self._person(person), catalog)

    def person_of(self, conversation: Conversation) -> str:
        """The person of a conversation under the name this caller gave; empty for a guest."""
        return conversation.profile.person.removeprefix(f"{self.owner}:") if self.owner else conversation.profile.person

    def _person(self, name: str) -> str:
        """The name under which a person of this caller's is kept: two callers' people of one name stay apart."""
        plain = person_named(name)
        if not self.owner or not plain:
            return plain
        if len(plain) > LONGEST_PERSON or not _PERSON.fullmatch(plain):
            raise BadInput(
                f"{plain[:80]!r} cannot be the name of a person.", f"Use up to {LONGEST_PERSON} letters, no colon."
            )
        return f"{self.owner}:{plain}"


def again(turn: Turn) -> Iterator[Event]:
    """The events of a turn that was made before."""
    yield Planned(plan=turn.plan)
    for stage in turn.trace:
        yield StageDone(trace=stage)
    if turn.slate:
        yield SlateReady(slate=turn.slate)
    yield TextDelta(text=turn.reply)
    yield TurnDone(turn=turn)


def _turn_of(known: tuple[Conversation, int]) -> Turn:
    conversation, number = known
    if not 0 < number <= len(conversation.turns):
        raise BadInput("This idempotency key started a conversation.", "Make a new key for each new message.")
    return conversation.turns[number - 1]
