"""What extensions add to an installation, in words, and what a catalogue needs of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.extensions import load_extensions
from core.errors import OperatorMustFix
from tools.catalog.mend import Mismatch
from tools.policy.own import OwnRules

if TYPE_CHECKING:
    from agent.settings import Settings
    from tools.catalog.store import StoredCatalog


def added(settings: Settings) -> str:
    """What the extensions of the settings add; raises OperatorMustFix for one that cannot be used."""
    found = load_extensions(settings.extensions)
    said = [
        part
        for part, given in (("tools", "tools"), ("a ranker", "ranker"))
        if any(getattr(e, given) for e in found.every)
    ]
    named = (("readers", found.readers), ("rules of the house", found.policies), ("controllers", found.controllers))
    said += [f"{part} {', '.join(names)}" for part, names in named if names]
    return f"{settings.extensions} add {'; '.join(said) or 'nothing'}"


def unkept_rules(settings: Settings, catalog: StoredCatalog) -> list[Mismatch]:
    """A rule of the house that the schema declares and no extension implements; empty when there is none."""
    if not any(policy.own for policy in catalog.schema.policies):
        return []
    try:
        OwnRules.of(catalog.schema, load_extensions(settings.extensions).policies)
    except OperatorMustFix as missing:
        return [Mismatch(kind="rules", problem=str(missing.args[0]), mend=missing.mend)]
    return []
