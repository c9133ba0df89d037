"""What happened in a turn, told from its trace: heard, looked for, chosen, written; with counts, times and costs."""

from __future__ import annotations

from core.schema import CatalogSchema
from core.turn import StageTrace, Turn, Usage
from core.values import Value

ACTS = {
    "recommend": "recommend",
    "ask": "ask something first",
    "look_up": "look a fact up",
    "check": "check a wish against the facts",
    "compare": "compare",
    "explain": "explain",
    "count": "count",
    "show_ledger": "say what it knows of you",
    "chat": "answer without looking anything up",
}
ROUTES = {
    "dense": "close in meaning",
    "lexical": "same words",
    "similar": "like what you liked",
    "collaborative": "liked by people with your taste",
    "sequential": "what people went on to",
    "kin": "by the same people",
    "segment": "best known of its kind",
    "popular": "popular",
    "recent": "recent",
    "generative": "named by the language model",
    "wishes": "fits your wishes",
    "catalogue": "in the catalogue",
}
PARTS = {
    "fused": "how well it was found",
    "soft": "your nice-to-haves",
    "meaning": "closeness in meaning",
    "quality": "rating",
    "popularity": "popularity",
    "similar": "likeness to what you liked",
    "collaborative": "people with your taste",
    "proposed": "named by the language model",
    "taste": "what people who liked the same liked",
    "unlike": "distance from what you did not like",
}
READERS = {"model": "The language model", "rules": "The built-in controller"}
NAMED = {
    "look": "Looking",
    "plan": "Listening",
    "listen": "Looking",
    "filter": "Looking",
    "propose": "Looking",
    "retrieve": "Weighing",
    "rank": "Choosing",
    "diversify": "Writing",
    "elicit": "Writing",
}
"""What comes next after a stage, for the moments before the first word."""


class Step(Value):
    """One step of the story."""

    said: str
    detail: str = ""
    ms: float = 0.0
    fallback: bool = False


def story(turn: Turn, schema: CatalogSchema) -> list[Step]:
    """The steps of a turn, in order."""
    return [_step(stage, turn, schema) for stage in turn.trace]


def bill(usage: Usage) -> str:
    """What the turn took."""
    parts = [f"{usage.ms:,.0f} ms in all"]
    if not usage.calls:
        return f"{parts[0]} · no language model was called"
    calls = "one model call" if usage.calls == 1 else f"{usage.calls} model calls"
    cached = f" ({usage.tokens_cached:,} of them cached)" if usage.tokens_cached else ""
    parts.append(f"{calls}, {usage.tokens_in:,} tokens in{cached}, {usage.tokens_out:,} out")
    if usage.cost is not None:
        parts.append(f"cost {usage.cost:.4f}")
    return " · ".join(parts)


def heard(turn: Turn) -> str:
    """The person's own words that were understood."""
    said = turn.plan.heard
    quotes = [w.quote for w in said.wishes] + [c.quote for c in said.critiques] + [r.quote for r in said.retractions]
    quotes += [o.item.title or o.item.quote for o in said.opinions]
    return ", ".join(f"“{q}”" for q in dict.fromkeys(quotes) if q)


def _step(stage: StageTrace, turn: Turn, schema: CatalogSchema) -> Step:
    said, detail = _told(stage, turn, schema)
    return Step(said=said, detail=detail, ms=stage.ms, fallback=stage.fallback)


def _told(stage: StageTrace, turn: Turn, schema: CatalogSchema) -> tuple[str, str]:
    into, out, many = _number(stage.into), _number(stage.out), schema.noun.many
    match stage.stage:
        case "plan":
            return _plan(stage)
        case "listen":
            words = heard(turn)
            return (f"Understood {words}." if words else "Nothing new about your taste was said."), stage.note
        case "filter":
            return f"{into} {many} → {out} may be shown", stage.note
        case "relax":
            return f"Nothing is left; {out} ways out were found", stage.note
        case "look":
            return f"The language model looked {out} things up before deciding", stage.note
        case "propose":
            return f"The language model named {into} {many}; the catalogue has {out} of them", stage.note
        case "retrieve":
            return f"{into} → {out} looked promising", _routes(stage.note)
        case "rank":
            return f"{out} ranked", "by " + ", ".join(PARTS.get(p, p) for p in stage.note.split(", ") if p)
        case "diversify":
            return f"The best {into} → {out} chosen, not too much alike", stage.note
        case "elicit":
            worth = "A question was worth asking" if stage.out else "No question was worth asking"
            return f"{worth}, with {into} {many} open", stage.note
        case "say":
            return _say(stage)
    counts = f" ({into} → {out})" if stage.into is not None and stage.out is not None else ""
    return f"{ACTS.get(stage.stage, stage.stage).capitalize()}{counts}", stage.note.replace("_", " ")


def _plan(stage: StageTrace) -> tuple[str, str]:
    who, _, rest = stage.note.partition(": ")
    act, passed_over, reason = rest.partition(" (model: ")
    if passed_over:
        return (
            f"The built-in controller read the message and chose to {ACTS.get(act, act)}",
            f"the language model was passed over: {reason.rstrip(')')}",
        )
    act, _, notes = act.partition("; ")
    reader = READERS.get(who, f"The controller {who}")
    return f"{reader} read the message and chose to {ACTS.get(act, act)}", notes


def _say(stage: StageTrace) -> tuple[str, str]:
    who, _, reason = stage.note.partition(" (model: ")
    if who.startswith("model"):
        return "The language model wrote the reply; every fact in it was checked", who.partition(": ")[2]
    why = f"the language model was passed over: {reason.rstrip(')')}" if reason else ""
    return "The reply was written from the facts, without a model", why


def _routes(note: str) -> str:
    pairs = [part.rpartition(" ") for part in note.split(", ") if part]
    return ", ".join(f"{ROUTES.get(name, name)}: {count}" for name, _, count in pairs)


def _number(count: int | None) -> str:
    return "—" if count is None else f"{count:,}"
