"""Letting go: what of the ledger a retraction takes away."""

from __future__ import annotations

from collections.abc import Sequence

from core.plan import Retraction
from core.preferences import Preference
from core.values import Scalar
from tools.text import terms


def let_go(
    retraction: Retraction, held: Sequence[Preference], field: str | None
) -> list[tuple[str, Preference | None]]:
    """Ids of the preferences that a retraction drops, each with what is left of it.

    `field` is the retraction's field where the catalogue has it; a number takes back all that is said of its field. A
    value that no preference on the field holds, or that comes without one, is looked for everywhere, in the words of
    free text too.
    """
    wanted = _tuple(retraction.value)
    whole = all(isinstance(v, int | float) for v in wanted)
    meant = [p for p in held if field and p.field == field and (whole or _names(p, wanted))]
    if not meant and wanted:
        meant = [p for p in held if _names(p, wanted) or _about(p, wanted)]
    return [(p.id, _left(p, wanted)) for p in meant]


def _left(preference: Preference, wanted: Sequence[Scalar]) -> Preference | None:
    """The preference without the values taken back; None when that is all of it."""
    gone = {_folded(v) for v in wanted}
    left = tuple(v for v in preference.values if _folded(v) not in gone)
    if not left or len(left) == len(preference.values) or preference.op not in {"any_of", "all_of"}:
        return None
    return preference.model_copy(update={"id": "", "value": left})


def _names(preference: Preference, wanted: Sequence[Scalar]) -> bool:
    """Whether a preference is about one of these values, in whatever case."""
    return bool({_folded(v) for v in wanted} & {_folded(v) for v in preference.values})


def _about(preference: Preference, wanted: Sequence[Scalar]) -> bool:
    """Whether a preference in free text says the words of a value, or a value says its words."""
    said = [set(terms(str(v))) for v in wanted]
    held = [set(terms(str(v))) for v in preference.values] if preference.field is None else []
    return any(bool(s and h) and (s <= h or h <= s) for s in said for h in held)


def _folded(value: Scalar) -> Scalar:
    return value.casefold() if isinstance(value, str) else value


def _tuple(value: Scalar | tuple[Scalar, ...] | None) -> tuple[Scalar, ...]:
    return value if isinstance(value, tuple) else () if value is None else (value,)
