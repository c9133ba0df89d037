"""How the command ends: exit codes, and errors as one sentence with what to do next, or as JSON."""

from __future__ import annotations

import json
import os
import sys
from typing import TextIO

from core.errors import TastemakerError

INTERRUPTED = 130
USAGE = 2


def debugging() -> bool:
    """Whether tracebacks are wanted (TASTEMAKER_DEBUG=1)."""
    return os.environ.get("TASTEMAKER_DEBUG", "") not in {"", "0"}


def tell(error: Exception, *, as_json: bool, stream: TextIO | None = None) -> int:
    """Write an error to stderr and return its exit code."""
    if isinstance(error, TastemakerError):
        return report(type(error).__name__, str(error.args[0]), error.mend, error.exit_code, as_json, stream)
    return report(
        type(error).__name__,
        f"Something went wrong that should not have: {_sentence(error)}",
        "Run it again with TASTEMAKER_DEBUG=1 for the details, and please report them.",
        1,
        as_json,
        stream,
    )


def report(kind: str, message: str, mend: str, code: int, as_json: bool, stream: TextIO | None = None) -> int:
    """Write one error in the form asked for; returns `code`."""
    out = stream or sys.stderr
    if as_json:
        out.write(json.dumps({"error": {"type": kind, "message": message, "mend": mend}}, ensure_ascii=False) + "\n")
    else:
        out.write(f"error: {' '.join(f'{message} {mend}'.split())}\n")
    out.flush()
    return code


def _sentence(error: Exception) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    text = f"{type(error).__name__}: {text}" if len(text) < 20 else text
    return f"{text[:300].rstrip('.')}."
