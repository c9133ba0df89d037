"""How far from the expected to go: "surprise me", "off the beaten track", "play it safe"."""

from __future__ import annotations

from agent.plan.reading import Reading

_OFF_THE_MAP = (
    r"\b(?:surprise (?:me|us)|(?:be|more|really|a bit|a little) (?:bold|daring|adventurous)(?:er)?|feeling adventurous|go wild"
    r"|(?:off|away from) the (?:beaten|usual|well trodden) (?:track|path)|(?:out of|outside|beyond) (?:my|our|the) comfort zone"
    r"|out of left field|(?:something|anything|NOUN) (?:(?:more|a bit|completely|totally|quite|really) )?(?:unexpected|unpredictable|out of the ordinary|less obvious|surprising)"
    r"|(?:nothing|not|less|none of the) (?:too |so |the )?(?:obvious|predictable|expected)(?: (?:ones|choices?|picks?|suspects))?|not the usual (?:suspects|stuff|NOUN|things?)"
    r"|(?:different from|unlike|not) (?:what|the things?|the NOUN) (?:i|we) (?:usually|normally|always|typically) (?:USE|like|go for|pick|choose)"
    r"|more (?:variety|varied|diverse|diversity)|(?:mix it|shake things|shake it|change it) up|a (?:mixed bag|wider range|wide range|broader mix|wild card))\b"
)
_SAFE = (
    r"\b(?:play it safe|(?:a |some )?safe (?:bets?|choices?|picks?)|nothing (?:too )?(?:adventurous|daring|experimental|out there)"
    r"|not (?:so|too|that) (?:adventurous|daring)|less (?:adventurous|daring|surprising)|no (?:more )?surprises|the usual (?:suspects|stuff|things?)"
    r"|stick (?:to|with) (?:what (?:i|we) (?:know|like)|the (?:usual|familiar|classics|obvious))|(?:something|anything) familiar|crowd pleasers?)\b"
)


def adventurous_of(reading: Reading) -> bool | None:
    """True: what is less expected is wanted; False: the expected again; None: nothing is said of it."""
    if _spans(reading, _OFF_THE_MAP):
        return True
    return False if _spans(reading, _SAFE) else None


def daring_spans(reading: Reading) -> list[tuple[int, int]]:
    """Tokens of the words that say it; they wish for nothing else."""
    return [*_spans(reading, _OFF_THE_MAP), *_spans(reading, _SAFE)]


def _spans(reading: Reading, pattern: str) -> list[tuple[int, int]]:
    return [(start, end) for start, end, _ in reading.message.spans(reading.domain.pattern(pattern))]
