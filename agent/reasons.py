"""Reasons: why an item is on the slate, from its receipt and its sources alone."""

from __future__ import annotations

from collections.abc import Sequence

from agent.profile.apply import from_profile
from agent.wording import refuses, subject
from core.items import Item
from core.schema import CatalogSchema
from core.turn import ReceiptLine
from tools.candidates import Candidate

MOST = 3


def reason_for(
    item: Item, lines: Sequence[ReceiptLine], like: Sequence[str], candidate: Candidate, schema: CatalogSchema
) -> str:
    """One short true sentence: what matched, what it is close to, and what is missing or unknown."""
    held = [line for line in lines if line.verdict == "passed" and not refuses(line.label)]
    held.sort(key=lambda line: line.strength == "hard")
    passed = [line.label for line in held if not from_profile(line.preference)]
    usual = [line.label for line in held if from_profile(line.preference)]
    said = []
    if passed:
        said.append("matches " + ", ".join(passed[:MOST]))
    if usual:
        said.append(f"{', '.join(usual[:MOST])}, as you like it")
    if like:
        said.append(liking(like, candidate.sources))
    if not said:
        said.append(_standing(item, candidate, schema))
    asked = [line for line in lines if not from_profile(line.preference)]
    missed = [line.label for line in asked if line.verdict == "failed" and line.strength == "soft"]
    told = {subject(line.label) for line in lines if line.verdict != "unknown"}
    unsure = [line for line in lines if line.verdict == "unknown" and line.strength == "hard"]
    unknown = [
        line.label for line in unsure if subject(line.label) not in told
    ]  # one field tells what another leaves open
    if missed:
        said.append(f"but not {', '.join(missed[:2])}")
    if unknown:
        said.append(_unchecked(unknown[:2]))
    text = "; ".join(s for s in said if s)
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def liking(like: Sequence[str], sources: Sequence[str]) -> str:
    """How an item goes with liked ones: by what they have in common, by who likes them, or by an extension's ranker."""
    named = " and ".join(like)
    if "similar" in sources:
        return f"close to {named}, which you liked"
    return (
        f"people who liked {named} liked it too"
        if "collaborative" in sources
        else f"goes with {named}, which you liked"
    )


def _unchecked(labels: Sequence[str]) -> str:
    """What the catalogue does not tell of an item: whether it has what is wanted, or is free of what is refused."""
    refused = [label for label in labels if refuses(label)]
    wanted = [label for label in labels if label not in refused]
    said = [f"could not check {', '.join(wanted)}"] if wanted else []
    if refused:
        free = [subject(label) for label in refused]
        said.append(f"could not rule out {', '.join(free)}")
    return "; ".join(said)


def _standing(item: Item, candidate: Candidate, schema: CatalogSchema) -> str:
    if "popular" in candidate.sources:
        spec = schema.role("popularity")
        count = next(iter(item.values(spec.name)), None) if spec else None
        if spec is not None and count is not None:
            return f"well known here ({count:,} {spec.note + ' ' if spec.note else ''}ratings)"
        return "well known here"
    return ""
