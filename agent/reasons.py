"""Reasons: why an item is on the slate, from its receipt and its sources alone."""

from __future__ import annotations

from collections.abc import Sequence

from core.candidates import Candidate
from core.items import Item
from core.schema import CatalogSchema
from core.turn import ReceiptLine

MOST = 3


def reason_for(
    item: Item, lines: Sequence[ReceiptLine], like: Sequence[str], candidate: Candidate, schema: CatalogSchema
) -> str:
    """One short true sentence: what matched, what it is close to, and what is missing or unknown."""
    passed = [line for line in lines if line.verdict == "passed" and not line.label.startswith(("no ", "not "))]
    passed.sort(key=lambda line: line.strength == "hard")
    said = []
    if passed:
        said.append("matches " + ", ".join(line.label for line in passed[:MOST]))
    if like:
        said.append(f"close to {' and '.join(like)}, which you liked")
    if not said:
        said.append(_standing(item, candidate, schema))
    missed = [line.label for line in lines if line.verdict == "failed" and line.strength == "soft"]
    told = {_subject(line) for line in lines if line.verdict != "unknown"}
    unsure = [line for line in lines if line.verdict == "unknown" and line.strength == "hard"]
    unknown = [line.label for line in unsure if _subject(line) not in told]  # one field tells what another leaves open
    if missed:
        said.append(f"but not {', '.join(missed[:2])}")
    if unknown:
        said.append(_unchecked(unknown[:2]))
    text = "; ".join(s for s in said if s)
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def _unchecked(labels: Sequence[str]) -> str:
    """What the catalogue does not tell of an item: whether it has what is wanted, or is free of what is refused."""
    refused = [label for label in labels if label.startswith(("no ", "not "))]
    wanted = [label for label in labels if label not in refused]
    said = [f"could not check {', '.join(wanted)}"] if wanted else []
    if refused:
        free = [label.removeprefix("no ").removeprefix("not ") for label in refused]
        said.append(f"could not rule out {', '.join(free)}")
    return "; ".join(said)


def _subject(line: ReceiptLine) -> str:
    """What a line is about, whichever field it was held against: "horror" for "no horror" and "not horror"."""
    return line.label.removeprefix("no ").removeprefix("not ")


def _standing(item: Item, candidate: Candidate, schema: CatalogSchema) -> str:
    if "popular" in candidate.sources:
        spec = schema.role("popularity")
        count = next(iter(item.values(spec.name)), None) if spec else None
        if spec is not None and count is not None:
            return f"well known here ({count:,} {spec.note + ' ' if spec.note else ''}ratings)"
        return "well known here"
    return ""
