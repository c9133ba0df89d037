"""DialogueKit's classes, in the one place that imports them, and its utterances as values.

Written against DialogueKit 0.1.1 (https://github.com/iai-group/DialogueKit). UserSimCRS (Afzali et al. 2023) builds on
it: its simulators are DialogueKit users, the agents it tests DialogueKit agents.
"""

from __future__ import annotations

from typing import Any

from core.errors import OperatorMustFix
from simulation.interop.reading import Spoken, SpokenAct

try:
    from dialoguekit.connector.dialogue_connector import DialogueConnector
    from dialoguekit.core.annotated_utterance import AnnotatedUtterance
    from dialoguekit.core.dialogue_act import DialogueAct
    from dialoguekit.core.intent import Intent
    from dialoguekit.core.slot_value_annotation import SlotValueAnnotation
    from dialoguekit.participant.agent import Agent
    from dialoguekit.participant.participant import DialogueParticipant
    from dialoguekit.participant.user import User as KitUser
    from dialoguekit.participant.user import UserType
    from dialoguekit.platforms.platform import Platform
except ModuleNotFoundError as missing:
    raise OperatorMustFix(
        f"DialogueKit is not installed ({missing}).", 'Run `pip install "dialoguekit>=0.1.1,<0.2"`.'
    ) from missing

__all__ = [
    "Agent",
    "AnnotatedUtterance",
    "DialogueAct",
    "DialogueConnector",
    "DialogueParticipant",
    "Intent",
    "KitUser",
    "SlotValueAnnotation",
    "UserType",
    "silent_platform",
    "spoken",
]


class _Silence(Platform):  # type: ignore[misc]
    """A platform that displays nothing."""

    def start(self) -> None:
        """Nothing to start."""

    def display_agent_utterance(self, utterance: Any, agent_id: str, user_id: str) -> None:  # noqa: ANN401
        """Nothing is displayed."""

    def display_user_utterance(self, utterance: Any, user_id: str) -> None:  # noqa: ANN401
        """Nothing is displayed."""


def silent_platform() -> Any:  # noqa: ANN401
    """A DialogueKit platform that displays nothing, for a `DialogueConnector` in a script."""
    return _Silence(Agent)


def spoken(utterance: Any) -> Spoken:  # noqa: ANN401
    """A DialogueKit utterance, annotated or not, as a value."""
    acts = getattr(utterance, "dialogue_acts", ())
    return Spoken(
        text=utterance.text,
        acts=tuple(
            SpokenAct(
                intent=act.intent.label if act.intent is not None else "",
                slots=tuple((str(a.slot), None if a.value is None else str(a.value)) for a in act.annotations),
            )
            for act in acts
        ),
        items=tuple(map(str, getattr(utterance, "metadata", {}).get("items", ()))),
    )
