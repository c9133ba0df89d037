"""Taking links, markup and invisible letters out of what a model wrote, before it is kept or shown."""

from __future__ import annotations

import re

_MARKUP = re.compile(
    r"<[^<>]*>|!?\[([^\]]*)\]\([^)]*\)|(?:https?:|www\.)\S+|(?<!\w)\*([^\s*][^*]*)\*(?!\w)|\*\*|__|^#+\s|[`<>{}|\\]"
)
_INVISIBLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]")


def without_markup(text: str) -> str:
    """`text` on one line; of a link and of stressed words the words stay, and so does "M*A*S*H"."""
    bare = _MARKUP.sub(lambda m: m.group(1) or m.group(2) or "", _INVISIBLE.sub(" ", text))
    return " ".join(bare.split())
