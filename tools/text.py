"""Words: one way to normalise, split and stem text, shared by search, linking and understanding."""

from __future__ import annotations

import re
import threading
import unicodedata
from functools import lru_cache

import snowballstemmer

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*", re.UNICODE)
_stemmer = snowballstemmer.stemmer("english")
_stemming = threading.Lock()
"""The stemmer holds the word it works on: two threads at once would stem each other's words."""

STOPWORDS = frozenset(
    [
        "a",
        "an",
        "the",
        "of",
        "and",
        "or",
        "in",
        "on",
        "at",
        "to",
        "for",
        "from",
        "by",
        "with",
        "without",
        "about",
        "into",
        "over",
        "under",
        "is",
        "are",
        "was",
        "were",
        "be",
        "been",
        "am",
        "do",
        "does",
        "did",
        "have",
        "has",
        "had",
        "i",
        "me",
        "my",
        "we",
        "our",
        "you",
        "your",
        "he",
        "she",
        "it",
        "its",
        "they",
        "them",
        "this",
        "that",
        "these",
        "those",
        "not",
        "no",
        "nor",
        "so",
        "too",
        "very",
        "can",
        "could",
        "would",
        "should",
        "will",
        "shall",
        "may",
        "might",
        "must",
        "as",
        "if",
        "then",
        "than",
        "there",
        "here",
        "what",
        "which",
        "who",
        "whom",
        "whose",
        "when",
        "where",
        "why",
        "how",
        "all",
        "any",
        "both",
        "each",
        "some",
        "such",
        "only",
        "own",
        "same",
        "just",
        "also",
        "up",
        "out",
        "off",
        "again",
    ]
)


def fold(text: str) -> str:
    """Lower case without accents, typographic quotes made plain: "Amélie’s" -> "amelie's"."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", text.replace("’", "'").replace("‘", "'"))
    return "".join(c for c in plain if not unicodedata.combining(c)).casefold()


def words(text: str) -> list[str]:
    """The folded words of a text, in order; apostrophes stay inside a word."""
    return _WORD.findall(fold(text))


@lru_cache(maxsize=65_536)
def word_set(text: str) -> frozenset[str]:
    """The folded words of a short text, such as a value; kept, since values come again and again."""
    return frozenset(words(text))


def normalise(text: str) -> str:
    """Folded words joined by one blank: the key under which names are looked up."""
    return " ".join(w.replace("'", "") for w in words(text.replace("&", " and ")))


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """The English Snowball stem of one folded word (Porter, 2001)."""
    with _stemming:
        return str(_stemmer.stemWord(word.removesuffix("'s")))


def terms(text: str) -> list[str]:
    """Stems of the words that carry meaning, for lexical search."""
    return list(_terms(text) if len(text) <= REMEMBERED else _terms.__wrapped__(text))


REMEMBERED = 400
"""Length, in characters, up to which the stems of a text are kept: values and descriptions that every turn reads."""


@lru_cache(maxsize=16_384)
def _terms(text: str) -> tuple[str, ...]:
    return tuple(stem(w) for w in words(text) if w not in STOPWORDS)


def storable(text: str) -> str:
    """`text` as a store takes it: "?" for half a character (a lone surrogate), and no zero character."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "")
