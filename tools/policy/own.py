"""Rules of the house from elsewhere: a schema declares them by name, a function tells what breaks them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from core.errors import OperatorMustFix
from core.items import Item
from core.ledger import Ledger
from core.profile import Profile
from core.schema import CatalogSchema
from tools.catalog.columns import Mask

Broken = Callable[[Item, Ledger, CatalogSchema, Profile], bool]
"""Whether showing an item to a person, by what is known of them, would break a rule; the same whenever it is asked."""
CHUNK = 1000
_UNKNOWN, _KEPT, _BROKEN = range(3)


class Items(Protocol):
    """Where the items are read."""

    def at(self, rows: Sequence[int]) -> list[Item]:
        """The items at these rows, in the order given."""
        ...


@dataclass(frozen=True)
class OwnRules:
    """The rules that one schema declares and does not share with all of them."""

    schema: CatalogSchema
    broken: Mapping[str, Broken] = field(default_factory=dict)
    """By name, those declared and no others."""

    @classmethod
    def of(cls, schema: CatalogSchema, implemented: Mapping[str, Broken]) -> OwnRules:
        """Raises OperatorMustFix where the schema declares a rule that nothing implements."""
        declared = dict.fromkeys(policy.rule for policy in schema.policies if policy.own)
        missing = [rule for rule in declared if rule not in implemented]
        if missing:
            raise OperatorMustFix(
                f"The catalogue {schema.name!r} has the rule {missing[0]!r}, which nothing here implements.",
                "Name the extension that does in TASTEMAKER_EXTENSIONS, or take the rule out of the schema.",
            )
        return cls(schema, {rule: implemented[rule] for rule in declared})

    def violated(self, item: Item, ledger: Ledger, profile: Profile) -> tuple[str, ...]:
        """Names of the rules that showing this item would break."""
        return tuple(rule for rule, broken in self.broken.items() if broken(item, ledger, self.schema, profile))

    def narrowed(self, mask: Mask, items: Items, ledger: Ledger, profile: Profile) -> Mask:
        """(rows,) the mask without the rows that break a rule.

        Every row of the mask is read once for a ledger and a profile; what was found is kept until those change.
        """
        if not self.broken:
            return mask
        found = self._found(len(mask), ledger, profile)
        asked = np.flatnonzero(mask & (found == _UNKNOWN))
        for start in range(0, len(asked), CHUNK):
            rows = asked[start : start + CHUNK]
            told = [bool(self.violated(item, ledger, profile)) for item in items.at(rows.tolist())]
            found[rows] = np.where(told, _BROKEN, _KEPT)
        return np.asarray(mask & (found != _BROKEN), dtype=np.bool_)

    def _found(self, rows: int, ledger: Ledger, profile: Profile) -> NDArray[np.int8]:
        """(rows,) what is known of each row under this ledger."""
        kept: tuple[Ledger, Profile, NDArray[np.int8]] | None = self.__dict__.get("_last")
        if kept is None or (kept[0], kept[1], len(kept[2])) != (ledger, profile, rows):
            kept = ledger, profile, np.zeros(rows, dtype=np.int8)
            self.__dict__["_last"] = kept
        return kept[2]
