"""Personas: how a simulated person behaves, whatever they are looking for."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from core.values import Value

Verbosity = Literal["terse", "plain", "chatty"]


class Persona(Value):
    """Shares and chances lie in [0, 1]; each is drawn anew whenever there is something to decide."""

    name: str = "plain"
    """Of the kind it was drawn from; a segment of reports."""
    patience: int = Field(default=8, ge=1)
    """Messages they send before they give up."""
    verbosity: Verbosity = "plain"
    cooperativeness: float = Field(default=0.9, ge=0, le=1)
    """Chance that a question put to them is answered at all."""
    knowledge: float = Field(default=0.8, ge=0, le=1)
    """Chance that they can tell what they want of a field when asked, and name an item that they like."""
    noise: float = Field(default=0.03, ge=0, le=1)
    """Share of the longer words that are mistyped."""
    wavering: float = Field(default=0.0, ge=0, le=1)
    """Chance, at each message, to change their mind about something they said."""
    several: float = Field(default=0.5, ge=0, le=1)
    """Chance that the next wish is said in the same message."""
    curiosity: float = Field(default=0.1, ge=0, le=1)
    """Chance to ask something about an item shown before judging it."""
