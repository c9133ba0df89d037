"""Recital: whether a text repeats what the prompts tell a model, in whatever case, spacing or punctuation."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import prompts

RUN = 24
"""Letters in a row, blanks and signs left out, that only a repetition has in common with a prompt; about five words."""
_FILLED_IN = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_SYSTEM = re.compile(r"\{% block system %\}(.*?)\{% endblock %\}", re.DOTALL)


def recites(text: str) -> bool:
    """Whether `text` has a run of `RUN` letters in common with the instructions of a prompt."""
    if len(text) < RUN and text.isascii():
        return False
    letters = _letters(text)
    known = _runs()
    return any(letters[n : n + RUN] in known for n in range(len(letters) - RUN + 1))


@lru_cache(maxsize=1)
def _runs() -> frozenset[str]:
    """Every run of letters in the fixed sentences of the templates."""
    found: set[str] = set()
    for file in sorted(prompts.FOLDER.glob("*.jinja")):
        (system,) = _SYSTEM.findall(file.read_text(encoding="utf-8"))
        for sentence in _FILLED_IN.split(system):
            letters = _letters(sentence)
            found.update(letters[n : n + RUN] for n in range(len(letters) - RUN + 1))
    return frozenset(found)


def _letters(text: str) -> str:
    """The letters and digits alone, folded."""
    if text.isascii():
        return "".join(filter(str.isalnum, text.lower()))
    return "".join(c for c in unicodedata.normalize("NFKD", text).casefold() if c.isalnum())
