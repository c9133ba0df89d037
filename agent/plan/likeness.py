"""Likeness asked for: whether an item is told of as liked, or as what new items are to be like."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from agent.plan.opinions import ALONG_THOSE_LINES, ItemMention, in_list
from agent.plan.reading import Reading

_LIKENESS = (
    r"(?:\b(?:similar|akin|close|closer|comparable) to|\b(?:vein|style|lines|spirit|mood|likes|manner|equivalent|mix) of"
    r"|\bcross between|\breminiscent of|\bremind(?:s|ed)? me of|\bmore of|\bas good as|\bsuch as|\b(?:compares|comes close) to)"
    r"(?: the| a| an)? ?$"
)
_LIKE = r"(?:^| )(?P<word>[\w']+)? ?\b(?:exactly |a bit |just |much |more |most |rather |kind of |sort of )*like(?: the| a| an)? ?$"
_WHO_LIKES = frozenset(
    [
        "i",
        "we",
        "you",
        "they",
        "he",
        "she",
        "who",
        "people",
        "everybody",
        "everyone",
        "also",
        "really",
        "do",
        "did",
        "does",
        "dont",
        "didnt",
        "would",
        "id",
        "wed",
        "not",
        "never",
        "always",
        "still",
        "both",
        "quite",
        "all",
        "and",
        "to",
        "absolutely",
        "truly",
    ]
)
"""Words after which "like" is a verb."""


def wanted_alike(reading: Reading, items: Sequence[ItemMention]) -> list[ItemMention]:
    """The mentions; those of liked items that new ones are to be like are made anchors, and a list shares that."""
    found: list[ItemMention] = []
    for item in items:
        here = item.mention
        listed = bool(found) and found[-1].stance == "anchor" and in_list(reading, found[-1].mention, here)
        alike = item.stance == "liked" and (listed or asks_alike(reading.before(here), reading.after(here)))
        found.append(replace(item, stance="anchor") if alike else item)
    return found


def asks_alike(before: str, after: str = "") -> bool:
    """Whether the words around an item ask for its like: "something like …", "… or similar"; "I like …" does not."""
    if re.search(_LIKENESS, before) or re.search(ALONG_THOSE_LINES, after):
        return True
    like = re.search(_LIKE, before)
    return like is not None and like["word"] not in _WHO_LIKES
