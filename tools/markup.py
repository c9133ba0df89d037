"""Taking links, markup and invisible letters out of what a model, a catalogue or a person wrote, before it is shown."""

from __future__ import annotations

import re

_MARKUP = re.compile(
    r"<[^<>]*>|!?\[([^\]]*)\]\([^)]*\)|(?:https?:|www\.)\S+|(?<!\w)\*([^\s*][^*]*)\*(?!\w)|\*\*|__|^#+\s|[`<>{}|\\]"
)
_INVISIBLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]")
_UNSEEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff\U000e0000-\U000e01ef]"
)
_LINK = re.compile(r"!?\[([^\]\[\n]*)\]\((?:[^()\n]|\([^()\n]*\))*\)")
LONG_RUN = 48
"""So many letters in a row are an address and no word."""
_ADDRESS = re.compile(
    r"<?\b(?:[a-z][a-z0-9+.-]{1,20}://|www\.)[^\s>)\]]+>?"
    r"|\b(?:javascript|vbscript|data|blob|file|mailto|tel):[^\s>)\]]+"
    r"|\b[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}/[^\s>)\]]+"
    r"|\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
    rf"|(?<![\w+/=-])[\w+/=-]{{{LONG_RUN},}}(?![\w+/=-])",
    re.IGNORECASE | re.ASCII,
)
"""Addresses with a scheme or a path, mail addresses, and runs of letters that no language writes as one word."""
_TAG = re.compile(r"<[/!?]?[A-Za-z][^<>\n]*>|<!--.*?-->", re.DOTALL)
_OPENS = re.compile(r"<(?=[/!?]?[A-Za-z]|!--)")
_SUSPECT = re.compile(rf"{_UNSEEN.pattern[:-1]}<@/]|\]\(|:[^\s>)\]]|[wW]{{3}}\.")
"""What stands in everything that `inert` takes out, long runs of letters left aside; few texts hold any of it."""


def without_markup(text: str) -> str:
    """`text` on one line; of a link and of stressed words the words stay, and so does "M*A*S*H"."""
    bare = _MARKUP.sub(lambda m: m.group(1) or m.group(2) or "", _INVISIBLE.sub(" ", text))
    return " ".join(bare.split())


def inert(text: str) -> str:
    """`text` with nothing in it that links, loads, runs or hides; lines, lists and emphasis stay as they are.

    Of a link its words stay. Applied to a text in pieces that are cut at blanks, it leaves nothing in their sum either.
    """
    if _SUSPECT.search(text) is None and (len(text) < LONG_RUN or max(map(len, text.split()), default=0) < LONG_RUN):
        return text
    before = None
    while before != text:
        before = text
        text = _ADDRESS.sub("", _LINK.sub(r"\1", _UNSEEN.sub("", text)))
        text = _OPENS.sub("‹", _TAG.sub("", text)).replace("](", "] (")
    return text


def active_in(text: str) -> list[str]:
    """What `inert` takes out of `text` as a link, an address or a tag."""
    return [m[0] for pattern in (_LINK, _ADDRESS, _TAG) for m in pattern.finditer(_UNSEEN.sub("", text))]
