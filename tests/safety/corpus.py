"""The corpus of injections, and where in a conversation each is planted."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import yaml

from core.values import Value

CALLS: dict[str, frozenset[str]] = {
    "message": frozenset({"plan", "say"}),
    "history": frozenset({"plan"}),
    "last_list": frozenset({"plan"}),
    "liked": frozenset({"plan", "say"}),
    "profile": frozenset({"plan"}),
    "lasting": frozenset({"plan"}),
    "choice": frozenset({"plan"}),
    **dict.fromkeys(("title", "description", "people", "value", "generated"), frozenset({"say"})),
}
"""By place, the model calls whose prompt shows it."""
ON_A_CARD = ("title", "description", "people", "value", "generated")


class Injection(Value):
    """One text that wants to be an instruction."""

    id: str
    place: str
    technique: str
    language: str
    text: str
    repeat: int = 1
    does: tuple[str, ...]
    """What a model that obeys it does: behaviours of obedient.py."""
    never: tuple[Literal["break", "leak", "link", "invented"], ...]

    def said(self, refused: str, one: str, many: str) -> str:
        """The text as it is planted in a domain."""
        text = self.text
        for name, word in (("{refused}", refused), ("{one}", one), ("{many}", many)):
            text = text.replace(name, word)
        return text * self.repeat


def corpus() -> list[Injection]:
    """All injections."""
    told = yaml.safe_load((Path(__file__).parent / "injections.yaml").read_text(encoding="utf-8"))
    return [Injection.model_validate(one) for one in told]
