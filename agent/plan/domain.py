"""The words of a domain put into patterns: NOUN, PART, USED and PAST (past), USE (bare) stand for what a schema declares."""

from __future__ import annotations

import re
from functools import lru_cache

from core.schema import CatalogSchema
from tools.text import normalise


class Domain:
    """Compiles patterns for one schema; each pattern once."""

    def __init__(self, schema: CatalogSchema) -> None:
        self.nouns = tuple(
            dict.fromkeys(normalise(n) for n in (schema.noun.one, schema.noun.many, *schema.noun.aliases))
        )
        self.used = tuple(normalise(w) for w in schema.consumption.past)
        self.use = tuple(normalise(w) for w in schema.consumption.bare)
        self.parts = tuple(normalise(w) for w in schema.parts)
        self._compiled: dict[str, re.Pattern[str]] = {}

    def pattern(self, text: str) -> re.Pattern[str]:
        """The compiled pattern with the domain's words in place of NOUN, PART, USED, PAST and USE."""
        found = self._compiled.get(text)
        if found is None:
            filled = (
                text.replace("NOUN", _any(self.nouns))
                .replace("PAST", _any(tuple(w for w in self.used if w not in self.use)))
                .replace("PART", _any(self.parts))
                .replace("USED", _any(self.used))
                .replace("USE", _any(self.use))
            )
            found = self._compiled[text] = re.compile(filled)
        return found


@lru_cache(maxsize=256)
def _any(words: tuple[str, ...]) -> str:
    if not words:
        return "(?!)"  # nothing stands for it
    return "(?:" + "|".join(re.escape(w) for w in sorted(words, key=len, reverse=True)) + ")"
