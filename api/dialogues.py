"""Dialogues as OpenAI's clients send them, whole every time, and the conversations they belong to."""

from __future__ import annotations

from dataclasses import dataclass

from agent.access import Access
from agent.transcripts import Said, digest_of
from api.openai_views import ChatRequest
from api.views import LONGEST_MESSAGE
from core.errors import BadInput, UnknownCatalog
from core.turn import Conversation

PREFIX = "tastemaker-"
MOST_REPLAYED = 40
"""Messages of a foreign dialogue that are read again."""


@dataclass(frozen=True)
class Found:
    """The conversation a dialogue belongs to."""

    conversation: Conversation
    replayed: int = 0
    """Messages that were read again to make it."""


@dataclass(frozen=True)
class Dialogue:
    """A dialogue as a client sends it."""

    catalog: str
    person: str
    before: tuple[Said, ...]
    """What was said before the last message."""
    message: str
    """The last message, the person's."""
    named: str = ""
    """Id of the conversation, where the client names it."""

    @classmethod
    def of(cls, body: ChatRequest) -> Dialogue:
        """Read from a request; raises BadInput where the last message is not the person's."""
        spoken = [m for m in body.messages if m.role in {"user", "assistant"}]
        if not spoken or spoken[-1].role != "user" or not spoken[-1].text.strip():
            raise BadInput("The last message must be the person's, and say something.", 'Give it the role "user".')
        if len(spoken[-1].text) > LONGEST_MESSAGE:
            raise BadInput(f"The last message is longer than {LONGEST_MESSAGE} letters.", "Say it in fewer words.")
        before, ours = spoken[:-1], body.tastemaker
        return cls(
            catalog=catalog_of(body.model),
            person=ours.person,
            before=tuple(("user" if m.role == "user" else "assistant", m.text) for m in before),
            message=spoken[-1].text,
            named=ours.conversation,
        )

    def find(self, access: Access) -> Found:
        """The conversation it belongs to: found, forked, read anew, or new; raises what Access raises."""
        access.room(self.catalog)
        if self.named:
            return Found(self._named(access))
        if not self.before:
            return Found(access.start(self.catalog, self.person))
        digest = digest_of(self.catalog, self.person, self.before)
        known = access.tastemaker.store.transcripts.find(access.owner, digest)
        if known is None:
            return self._anew(access)
        conversation, number = access.load(known[0]), known[1]
        if len(conversation.turns) != number:
            fork = access.tastemaker.store.fork(conversation, number)
            return Found(access.load(fork.id))
        return Found(conversation)

    def _named(self, access: Access) -> Conversation:
        conversation = access.load(self.named)
        if conversation.catalog != self.catalog:
            raise BadInput(
                f"The conversation {self.named} is about the catalogue {conversation.catalog!r}, not {self.catalog!r}.",
                f"Use the model {PREFIX}{conversation.catalog}.",
            )
        return conversation

    def _anew(self, access: Access) -> Found:
        """A conversation of a dialogue that is not known: its messages are heard by the built-in rules."""
        heard = [text for role, text in self.before if role == "user" and text.strip()][-MOST_REPLAYED:]
        conversation = access.start(self.catalog, self.person)
        for text in heard:
            turn = access.tastemaker.answer(conversation, text[:LONGEST_MESSAGE], "rules")
            conversation = access.tastemaker.keep(conversation, turn)
        return Found(access.load(conversation.id), len(heard))


def catalog_of(model: str) -> str:
    """The catalogue that a model's id stands for; raises UnknownCatalog."""
    if not model.startswith(PREFIX):
        raise UnknownCatalog(f"There is no model {model[:80]!r} here.", "GET /v1/models lists those that are.")
    return model.removeprefix(PREFIX)
