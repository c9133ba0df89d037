"""Counting tokens: exactly where the tokenizer's file is on this machine, by estimate elsewhere; never an error."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

CHARS_PER_TOKEN = 4.2
"""English prose measures 4.0 to 4.4."""
_URL = "https://openaipublic.blob.core.windows.net/encodings/o200k_base.tiktoken"


def count_tokens(text: str) -> int:
    """Tokens of `text` in o200k_base, or an estimate (characters / 4.2, rounded up)."""
    count = _counter()
    return count(text) if count else -int(-len(text) // CHARS_PER_TOKEN)


@lru_cache(maxsize=1)
def _counter() -> Callable[[str], int] | None:
    # tiktoken downloads a file it does not find; counting must not wait for a network.
    if not (_cache_folder() / hashlib.sha1(_URL.encode(), usedforsecurity=False).hexdigest()).is_file():
        return None
    try:
        import tiktoken

        encoding = tiktoken.get_encoding("o200k_base")
    except (ImportError, OSError, ValueError):
        return None
    return lambda text: len(encoding.encode(text, disallowed_special=()))


def _cache_folder() -> Path:
    named = os.environ.get("TIKTOKEN_CACHE_DIR") or os.environ.get("DATA_GYM_CACHE_DIR")
    return Path(named) if named else Path(tempfile.gettempdir()) / "data-gym-cache"
