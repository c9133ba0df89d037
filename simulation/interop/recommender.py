"""DialogueKit agents of others as recommenders of our runner, so that experiments can hold them against ours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core.errors import BadInput, OperatorMustFix
from core.turn import Conversation, Turn
from simulation.interop.kit import (
    AnnotatedUtterance,
    DialogueConnector,
    DialogueParticipant,
    KitUser,
    UserType,
    silent_platform,
    spoken,
)
from simulation.interop.reading import Reading, Spoken


class OtherRecommender:
    """An agent of others as a `Recommender` of our runner, so that experiments can hold it against ours.

    `make` makes an agent for each conversation, since agents keep their state; one conversation is held at a time. What
    an agent says between two messages of the person is one reply. What it raises is passed on as it is.
    """

    def __init__(self, make: Callable[[], Any], reading: Reading) -> None:
        self.make, self.reading = make, reading
        self._connector: Any = None
        self._conversation = ""

    def __call__(self, conversation: Conversation, message: str) -> Turn:
        """The turn that answers the message; raises BadInput for a conversation that this agent does not hold."""
        if not conversation.turns:
            self._connector = DialogueConnector(
                self.make(), _Listener(), silent_platform(), save_dialogue_history=False
            )
            self._conversation = conversation.id
            self._connector.start()
        elif conversation.id != self._conversation:
            raise BadInput(
                f"The agent holds conversation {self._conversation!r}, not {conversation.id!r}.",
                "Hold one conversation at a time, or make a recommender for each.",
            )
        history = self._connector.dialogue_history
        heard = len(history.utterances) + 1
        self._connector.register_user_utterance(AnnotatedUtterance(message, participant=DialogueParticipant.USER))
        replies = [spoken(u) for u in history.utterances[heard:] if u.participant is DialogueParticipant.AGENT]
        if not replies:
            raise OperatorMustFix(f"The agent {history.agent_id!r} did not answer {message!r}.", "Look into its log.")
        return self.reading.turn(conversation, message, _joined(replies), history.agent_id)


class _Listener(KitUser):  # type: ignore[misc]
    """Whoever is spoken to; the runner decides what is answered."""

    def __init__(self) -> None:
        super().__init__("runner", UserType.SIMULATOR)

    def receive_utterance(self, utterance: Any) -> None:  # noqa: ANN401
        """Says nothing."""


def _joined(said: list[Spoken]) -> Spoken:
    return Spoken(
        text="\n".join(s.text for s in said),
        acts=tuple(a for s in said for a in s.acts),
        items=tuple(dict.fromkeys(i for s in said for i in s.items)),
    )
