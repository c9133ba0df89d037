"""What does not fit together in an installation: catalogues held against the settings, and one line for each part."""

from __future__ import annotations

import importlib.metadata
import os
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Literal

from core.errors import TastemakerError
from core.values import Value

if TYPE_CHECKING:
    from agent.settings import Settings
    from tools.catalog.mend import Mismatch
    from tools.catalog.store import StoredCatalog

State = Literal["ok", "warning", "failure"]
PORT = 8501
OLDEST = (3, 11)


class Finding(Value):
    """One line of `tastemaker doctor`."""

    what: str
    state: State
    said: str
    mend: str = ""


def problems_of(settings: Settings, name: str, *, thorough: bool) -> list[Mismatch]:
    """Everything that does not fit about one catalogue; `thorough` reads every file again."""
    from tools.catalog.mend import check, verify
    from tools.catalog.store import open_catalog
    from ui.extending import unkept_rules

    catalog = open_catalog(settings.home, name)
    found = check(catalog, _searched_by(settings, catalog), url=settings.chroma_url or "")
    found += unkept_rules(settings, catalog)
    return [*found, *verify(catalog)] if thorough else found


def _searched_by(settings: Settings, catalog: StoredCatalog) -> str | None:
    """Key of the embedder for its queries: what hashing made is searched by hashing, whatever the settings name."""
    from tools.embedding import build_embedder

    hashed = (catalog.embedder_key or "").startswith("hashing")
    embedder = build_embedder(f"hashing:{catalog.manifest['dim']}" if hashed else settings.embedder, settings.home)
    return embedder.key if embedder is not None else None


def examine(*, probe: bool = False) -> Iterator[Finding]:
    """Every part of the installation, one finding each; `probe`: what the model can do is asked afresh."""
    yield _python()
    yield _packages()
    try:
        from agent.settings import load_settings

        settings = load_settings()
    except TastemakerError as wrong:
        yield Finding(what="settings", state="failure", said=str(wrong.args[0]), mend=wrong.mend)
        return
    yield Finding(what="settings", state="ok", said=f"home is {settings.home}")
    if settings.extensions:
        from ui.extending import added

        yield _guarded("extensions", lambda: Finding(what="extensions", state="ok", said=added(settings)))
    yield _guarded("home folder", lambda: _home(settings))
    yield from _catalogues(settings)
    yield _guarded("embedder", lambda: _embedder(settings))
    yield _guarded("reader of messages", lambda: _tagger(settings))
    yield _guarded("conversations", lambda: _store(settings))
    from ui.model_check import models

    yield from models(settings, afresh=probe)
    yield _port()


def _guarded(what: str, look: Callable[[], Finding]) -> Finding:
    try:
        return look()
    except TastemakerError as wrong:
        return Finding(what=what, state="failure", said=str(wrong.args[0]), mend=wrong.mend)
    except OSError as wrong:
        return Finding(
            what=what, state="failure", said=f"{wrong.strerror or wrong}.", mend="Check the path and its rights."
        )


def _python() -> Finding:
    found = tuple(sys.version_info[:3])
    state: State = "ok" if found >= OLDEST else "failure"
    return Finding(what="Python", state=state, said=".".join(map(str, found)), mend="Install Python 3.11 or newer.")


def _packages() -> Finding:
    missing = [name for name in _required() if not _installed(name)]
    if not missing:
        return Finding(what="packages", state="ok", said=f"all {len(_required())} that running needs are installed")
    return Finding(what="packages", state="failure", said=f"missing: {', '.join(missing)}", mend="Run `make install`.")


def _required() -> list[str]:
    import re

    lines = importlib.metadata.requires("tastemaker") or []
    return [re.split(r"[\s\[<>=!~;(]", line, maxsplit=1)[0] for line in lines if "extra ==" not in line]


def _installed(name: str) -> bool:
    try:
        return bool(importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError:
        return False


def _home(settings: Settings) -> Finding:
    settings.home.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=settings.home):
        return Finding(what="home folder", state="ok", said=f"{settings.home} can be written")


def _catalogues(settings: Settings) -> Iterator[Finding]:
    from tools.catalog.store import list_catalogs

    names = list_catalogs(settings.home)
    if not names:
        yield Finding(
            what="catalogues",
            state="warning",
            said="none is installed; the demos are prepared when first needed",
            mend="Run `tastemaker ui`, or `tastemaker catalog import`.",
        )
    for name in names:
        yield _guarded(f"catalogue {name}", lambda name=name: _catalogue(settings, name))  # type: ignore[misc]


def _catalogue(settings: Settings, name: str) -> Finding:
    from tools.catalog.store import open_catalog

    found = problems_of(settings, name, thorough=False)
    what = f"catalogue {name}"
    if found:
        said = " ".join(m.problem for m in found)
        return Finding(what=what, state="failure", said=said, mend=found[0].mend)
    catalog = open_catalog(settings.home, name)
    return Finding(what=what, state="ok", said=f"{len(catalog):,} items, vectors by {catalog.embedder_key or 'nobody'}")


def _embedder(settings: Settings) -> Finding:
    from tools.embedding import build_embedder

    embedder = build_embedder(settings.embedder, settings.home)
    if embedder is None:
        return Finding(what="embedder", state="warning", said="none is wanted; search goes by words alone")
    if settings.embedder == "minilm" and not any((settings.home / "models").glob("*/model.onnx")):
        from tools.embedding.onnx import weights_path

        weights_path()
        said = "minilm is installed; it is made ready when first needed (some twenty seconds)"
        return Finding(what="embedder", state="ok", said=said)
    dim = embedder.embed(["hello"]).shape[1]
    return Finding(what="embedder", state="ok", said=f"{embedder.key} works ({dim} dimensions)")


def _tagger(settings: Settings) -> Finding:
    from tools.tagging.tagger import Tagger
    from ui.opening import tagger_ready

    what = "reader of messages"
    if not settings.tagger:
        return Finding(what=what, state="warning", said="the tagger is switched off; words alone decide")
    if not tagger_ready(settings):
        from tools.embedding.onnx import weights_path

        weights_path()
        return Finding(what=what, state="ok", said="the tagger is made ready when first needed (some ten seconds)")
    doing, chance = Tagger(settings.home / "models").tag("hello", "new").likeliest
    return Finding(what=what, state="ok", said=f"the tagger works (hello is {doing}, {chance:.0%})")


def _store(settings: Settings) -> Finding:
    from agent.store import open_store

    store = open_store(settings.store_url)
    try:
        store.recent(1)
        return Finding(what="conversations", state="ok", said=f"{store.name} answers")
    finally:
        store.close()


def _port() -> Finding:
    if port_free("127.0.0.1", PORT):
        return Finding(what="port", state="ok", said=f"{PORT} is free for the page")
    said = f"{PORT} is taken; `tastemaker ui` takes the next free one"
    return Finding(what="port", state="warning", said=said, mend="Name one with --port.")


def port_free(host: str, port: int) -> bool:
    """Whether a server could listen there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        if os.name == "posix":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError):
            return False
    return True
