"""The seams: what a recommender, a planner, a writer, an embedder, a vector index and a store must do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from core.events import Event
from core.ledger import LedgerPatch
from core.profile import Profile
from core.turn import Conversation, Turn

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Recommender(Protocol):
    """An agent as seen by people, scripts and simulated users."""

    def respond(self, conversation: Conversation, message: str) -> Turn:
        """One turn; never raises for what a person can type."""
        ...

    def stream(self, conversation: Conversation, message: str) -> Iterator[Event]:
        """The same turn as events, the last of which is TurnDone."""
        ...


class Embedder(Protocol):
    """Texts to vectors."""

    key: str
    """Names model and version; part of every index made with it."""

    @property
    def dim(self) -> int:
        """Length of a vector."""
        ...

    def embed(self, texts: Sequence[str]) -> NDArray[Any]:
        """(len(texts), dim) float32, rows of unit length."""
        ...


class VectorIndex(Protocol):
    """Nearest items by cosine, within an allowed set of rows."""

    def search(
        self, vector: NDArray[Any], count: int, allowed: NDArray[Any] | None
    ) -> tuple[NDArray[Any], NDArray[Any]]:
        """Rows (count,) int64 and cosines (count,) float32, best first; `allowed` is a boolean mask or None."""
        ...


class ConversationStore(Protocol):
    """Where conversations live."""

    def create(self, catalog: str, conversation_id: str | None = None, profile: Profile | None = None) -> Conversation:
        """Start a conversation with the person of a profile, a guest when it is left out."""
        ...

    def load(self, conversation_id: str) -> Conversation:
        """The conversation as stored; raises UnknownConversation."""
        ...

    def append(self, conversation: Conversation, turn: Turn) -> Conversation:
        """Store one turn in one transaction; raises ConversationMoved when another turn came first."""
        ...

    def edit(self, conversation: Conversation, patch: LedgerPatch) -> Conversation:
        """Store a change of the ledger made by hand."""
        ...

    def recent(self, limit: int = 50) -> list[Conversation]:
        """Conversations, newest first, without their turns."""
        ...

    def delete(self, conversation_id: str) -> None:
        """Forget a conversation."""
        ...
