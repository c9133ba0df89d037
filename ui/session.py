"""What every command starts from: settings, and the demo catalogues prepared once with progress."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import UnknownCatalog, UserMustFix

if TYPE_CHECKING:
    from agent.build import Tastemaker
    from ingest.build import Progress


def open_app(catalog: str | None = None, controller: str | None = None) -> Tastemaker:
    """Everything, from the environment; prepares a demo catalogue that is asked for and missing."""
    from agent.build import build
    from agent.settings import load_settings

    if controller not in {None, "rules", "model"}:
        raise UserMustFix(f"Unknown controller {controller!r}.", "Use rules or model.")
    app = build(load_settings(controller=controller))
    ensure_demo(app.settings.home, catalog, app.settings.embedder)
    return app


def ensure_demo(home: Path, catalog: str | None, embedder: str) -> None:
    """Build the demo catalogues when the one wanted is a demo that is missing or out of date."""
    from tools.catalog.store import list_catalogs

    wanted = catalog or default_catalog(home)
    if wanted in {"films", "books"}:
        from ingest.demo import prepare_demo

        fresh = wanted not in list_catalogs(home)
        with progress_line(quiet=not fresh) as progress:
            prepare_demo(home, progress, embedder=embedder)


def default_catalog(home: Path) -> str:
    """The catalogue used when none is named: the setting, else the first demo."""
    from agent.settings import load_settings

    return load_settings(home=home).catalog or "films"


class progress_line:  # noqa: N801 (reads as a phrase: with progress_line())
    """Progress on one line of standard error: stage, count, rate. Silent when nothing happens."""

    def __init__(self, *, quiet: bool = False) -> None:
        self.quiet = quiet
        self._stage = ""
        self._began = 0.0
        self._wrote = False

    def __enter__(self) -> Progress:
        return self._show

    def __exit__(self, *_: object) -> None:
        if self._wrote:
            sys.stderr.write("\n" if sys.stderr.isatty() else "")
            sys.stderr.flush()

    def _show(self, stage: str, done: int, total: int | None) -> None:
        import time

        now = time.monotonic()
        live = sys.stderr.isatty()
        if stage != self._stage:
            self._stage, self._began = stage, now
            if not live:
                sys.stderr.write(f"{stage}…\n")
        if live:
            rate = f"{done / (now - self._began):,.0f}/s" if now - self._began > 0.5 and done else ""
            share = f"{done:,} of {total:,}" if total else f"{done:,}" if done else ""
            sys.stderr.write(f"\r\x1b[K{stage} {share} {rate}".rstrip())
        self._wrote = True
        sys.stderr.flush()


def require_catalog(app: Tastemaker, name: str | None) -> str:
    """The catalogue to use; raises UnknownCatalog with what is installed."""
    chosen = name or app.settings.catalog or "films"
    installed = {c.name for c in app.catalogs()}
    if chosen not in installed:
        raise UnknownCatalog(
            f"No catalogue {chosen!r} is installed (installed: {', '.join(sorted(installed)) or 'none'}).",
            "Add one with `tastemaker catalog import`.",
        )
    return chosen
