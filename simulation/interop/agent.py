"""Our recommender as a DialogueKit agent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from core.schema import CatalogSchema
from core.turn import Conversation, Turn
from simulation.interop.kit import (
    Agent,
    AnnotatedUtterance,
    DialogueAct,
    DialogueParticipant,
    Intent,
    SlotValueAnnotation,
    spoken,
)
from simulation.interop.vocabulary import Vocabulary
from simulation.runner import Recommender

VOCABULARY = Vocabulary()


class RecommenderAgent(Agent):  # type: ignore[misc]
    """A recommender of ours as a DialogueKit agent, for one conversation.

    Replies are annotated: items shown with their titles, questions with their field, and the ids of the items under
    `metadata["items"]`. It says goodbye to a user intent that leaves; annotations of the user are not read otherwise.
    """

    def __init__(
        self,
        recommender: Recommender,
        schema: CatalogSchema,
        conversation: Conversation,
        id: str = "tastemaker",  # noqa: A002 - DialogueKit's name for it
        vocabulary: Vocabulary = VOCABULARY,
    ) -> None:
        super().__init__(id, stop_intent=Intent(vocabulary.stop))
        self.recommender, self.schema, self.vocabulary = recommender, schema, vocabulary
        self.conversation = conversation

    def welcome(self) -> None:
        """Sends the first message."""
        self._send(f"Hello! I can help you {self.schema.purpose}. What are you looking for?")

    def goodbye(self) -> None:
        """Sends the last message, which ends the dialogue."""
        self._send("Goodbye!", [DialogueAct(intent=self.stop_intent)])

    def receive_utterance(self, utterance: Any) -> None:  # noqa: ANN401 - DialogueKit has no types at run time
        """Answers a user's utterance."""
        if {a.intent for a in spoken(utterance).acts} & set(self.vocabulary.leaves):
            self.goodbye()
            return
        turn = self.recommender(self.conversation, utterance.text)
        self.conversation = self.conversation.plus(turn)
        self._send(turn.reply, list(self._acts(turn)), [r.item.id for r in turn.slate])

    def _send(self, text: str, acts: list[Any] | None = None, items: list[str] | None = None) -> None:
        metadata = {"items": items} if items else {}
        utterance = AnnotatedUtterance(
            text, participant=DialogueParticipant.AGENT, dialogue_acts=acts or [], metadata=metadata
        )
        self.dialogue_connector.register_agent_utterance(utterance)

    def _acts(self, turn: Turn) -> Iterator[Any]:
        titles = [r.item.title for r in turn.slate]
        if titles:
            slot = self.schema.title_field.upper()
            shown = [SlotValueAnnotation(slot, title, *_span(title, turn.reply)) for title in titles]
            yield DialogueAct(intent=Intent(self.vocabulary.shows[0]), annotations=shown)
        if turn.question is not None:
            asked = [SlotValueAnnotation(turn.question.field.upper())] if turn.question.field else []
            yield DialogueAct(intent=Intent(self.vocabulary.asks[0]), annotations=asked)


def agent_class(
    recommender: Recommender,
    schema: CatalogSchema,
    open_conversation: Callable[[], Conversation],
    vocabulary: Vocabulary = VOCABULARY,
) -> type[Any]:
    """A class of agents for a DialogueKit `Platform`, which makes one agent a user from the class alone.

    Every agent opens a conversation of its own. Settings a platform passes beside an id, such as UserSimCRS's `uri`,
    mean nothing to an agent in the same process and are not taken: leave them out of the platform's configuration.
    """

    class Bound(RecommenderAgent):
        """Knows its recommender."""

        def __init__(self, id: str = "tastemaker") -> None:  # noqa: A002
            super().__init__(recommender, schema, open_conversation(), id, vocabulary)

    return Bound


def _span(title: str, reply: str) -> tuple[int, int] | tuple[None, None]:
    start = reply.find(title)
    return (start, start + len(title)) if start >= 0 else (None, None)
