"""Our simulated people as DialogueKit users, for agents of others."""

from __future__ import annotations

from typing import Any

from core.errors import BadInput
from core.turn import Conversation
from simulation.interop.kit import (
    AnnotatedUtterance,
    DialogueAct,
    DialogueParticipant,
    Intent,
    KitUser,
    UserType,
    spoken,
)
from simulation.interop.reading import Reading
from simulation.protocol import Dialogue, End, EndReason, User, Utterance
from simulation.runner import ended

MOST_TURNS = 20


class SimulatedUser(KitUser):  # type: ignore[misc]
    """A simulated person of ours as a DialogueKit user, for agents of others.

    The person ends the dialogue by closing the connector: DialogueKit has no user intent that would.
    """

    def __init__(
        self,
        person: User,
        reading: Reading,
        conversation: Conversation,
        id: str = "person",  # noqa: A002
        most_turns: int = MOST_TURNS,
    ) -> None:
        super().__init__(id, UserType.SIMULATOR)
        self.person, self.reading, self.most_turns = person, reading, most_turns
        self.conversation = conversation
        self.said: list[Utterance] = []
        self.end: End | None = None

    def receive_utterance(self, utterance: Any) -> None:  # noqa: ANN401
        """Answers what an agent said, or ends the dialogue."""
        if self.end is not None:
            return
        if self.said:
            agent = self.dialogue_connector.dialogue_history.agent_id
            turn = self.reading.turn(self.conversation, self.said[-1].text, spoken(utterance), agent)
            self.conversation = self.conversation.plus(turn)
        move = self.person.next(self.conversation)
        if isinstance(move, Utterance) and len(self.said) >= self.most_turns:
            move = End(reason=EndReason.turn_limit)
        if isinstance(move, End):
            self._leave(move)
            return
        self.said.append(move)
        self.dialogue_connector.register_user_utterance(self._utterance(move))

    @property
    def dialogue(self) -> Dialogue:
        """The dialogue as our graders and measures take it; raises BadInput before it has ended."""
        if self.end is None:
            raise BadInput("The dialogue has not ended.", "Start the connector first, and let it run to its end.")
        return ended(self.conversation, 0, self.said[: len(self.conversation.turns)], self.end)

    def _leave(self, end: End) -> None:
        self.end = end
        connector = self.dialogue_connector
        if end.last_word:
            complete = DialogueAct(intent=Intent(self.reading.vocabulary.complete))
            parting = AnnotatedUtterance(end.last_word, participant=DialogueParticipant.USER, dialogue_acts=[complete])
            connector.dialogue_history.add_utterance(parting)
            connector.get_platform().display_user_utterance(parting, self.id)
        connector.close()

    def _utterance(self, said: Utterance) -> Any:  # noqa: ANN401
        intents = self.reading.vocabulary.user_intents
        named = dict.fromkeys(intents[a] for a in said.acts if a in intents)
        acts = [DialogueAct(intent=Intent(name)) for name in named]
        return AnnotatedUtterance(said.text, participant=DialogueParticipant.USER, dialogue_acts=acts)
