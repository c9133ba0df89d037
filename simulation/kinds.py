"""Kinds of people: how they behave, and how common each is."""

from __future__ import annotations

from pydantic import Field

from core.values import Value
from simulation.personas import Persona


class Kind(Value):
    """A persona and its share of a population."""

    persona: Persona
    share: float = Field(gt=0)
    """Relative to the other shares."""


KINDS: tuple[Kind, ...] = (
    Kind(share=0.30, persona=Persona(name="plain")),
    Kind(
        share=0.18,
        persona=Persona(name="brisk", patience=5, verbosity="terse", cooperativeness=0.75, several=0.3, curiosity=0.02),
    ),
    Kind(
        share=0.14,
        persona=Persona(name="patient", patience=12, verbosity="chatty", cooperativeness=0.97, several=0.6),
    ),
    Kind(share=0.14, persona=Persona(name="vague", patience=8, knowledge=0.4, several=0.3, noise=0.05)),
    Kind(share=0.08, persona=Persona(name="wavering", patience=9, knowledge=0.7, wavering=0.25)),
    Kind(share=0.08, persona=Persona(name="curious", patience=10, verbosity="chatty", curiosity=0.5)),
    Kind(
        share=0.08,
        persona=Persona(name="expert", patience=8, cooperativeness=0.95, knowledge=1.0, several=0.8, noise=0.01),
    ),
)
"""Made up, not measured: what reports break figures down by, rather than a claim about real visitors."""
