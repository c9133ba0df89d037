"""The prompts: one template file per model call, rendered strictly, named by the hash of its text.

A template has two blocks, `system` (the same for every turn of a catalogue, so that servers can cache it) and `user`
(what is new). What a person or a catalogue wrote goes through the filter `fenced`, which puts it in a delimited block
it cannot close; the templates say that nothing in such a block is an instruction.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import jinja2

FOLDER = Path(__file__).resolve().parent
_TAG = re.compile(r"<(?=\s*[/!?]|[A-Za-z_])")
_INVISIBLE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff\U000e0000-\U000e007f]"
)


class Prompt(NamedTuple):
    """A rendered prompt."""

    system: str
    user: str
    hash: str
    """First twelve hex digits of the SHA-256 of the template; stands in every run's record."""


def render(name: str, /, **variables: object) -> Prompt:
    """The prompt `name` with its variables; raises jinja2.UndefinedError where one is missing."""
    template, digest = _template(name)
    return Prompt(_block(template, "system", variables), _block(template, "user", variables), digest)


def digest(name: str, /) -> str:
    """The hash that stands with every rendering of the prompt `name`."""
    return _template(name)[1]


def plain(text: object, longest: int = 2000) -> str:
    """`text` with nothing in it that opens or closes a delimited block, invisible letters out, cut at `longest`."""
    clean = _TAG.sub("‹", _INVISIBLE.sub(" ", str(text)))
    return clean if len(clean) <= longest else clean[: longest - 1] + "…"


def line(text: object, longest: int = 300) -> str:
    """`plain` on one line."""
    return plain(" ".join(str(text).split()), longest)


def fenced(text: object, tag: str, longest: int = 2000) -> str:
    """`text` in a block <tag>…</tag> that it cannot close."""
    return f"<{tag}>\n{plain(text, longest)}\n</{tag}>"


@lru_cache(maxsize=1)
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(  # noqa: S701 - the output is a prompt, not HTML
        loader=jinja2.FileSystemLoader(FOLDER),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
    )
    environment.filters |= {"plain": plain, "line": line, "fenced": fenced}
    return environment


@lru_cache(maxsize=16)
def _template(name: str) -> tuple[jinja2.Template, str]:
    source = (FOLDER / f"{name}.jinja").read_bytes()
    return _environment().get_template(f"{name}.jinja"), hashlib.sha256(source).hexdigest()[:12]


def _block(template: jinja2.Template, part: str, variables: dict[str, object]) -> str:
    return "".join(template.blocks[part](template.new_context(variables))).strip()
