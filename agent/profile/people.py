"""Names of people: one person of a local installation, others by name, and the guest."""

from __future__ import annotations

from core.errors import BadInput

GUEST = "guest"
"""Stands for nobody: of a guest nothing is kept."""
LONGEST = 64


def person_named(name: str) -> str:
    """The person of a name, "" for the guest; raises BadInput for what cannot be a name."""
    trimmed = " ".join(name.split())
    if trimmed.casefold() in {GUEST, ""}:
        return ""
    if len(trimmed) > LONGEST or not trimmed.isprintable():
        raise BadInput(f"{trimmed[:80]!r} cannot be the name of a person.", f"Use up to {LONGEST} letters and digits.")
    return trimmed
