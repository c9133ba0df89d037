"""`enrich`: a language model describes a catalogue's items, offline, and what it wrote can be taken out again."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.errors import BudgetSpent, OperatorMustFix, UserMustFix
from ui.commands import examples

if TYPE_CHECKING:
    from agent.settings import Settings
    from core.events import ModelReply, ModelRequest
    from ingest.enriching.applying import Builder
    from ingest.enriching.costs import Ceiling, Estimate, Meter
    from ingest.enriching.running import Ask, Outcome, Work
    from ingest.progress import Progress
    from tools.catalog.store import StoredCatalog


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "enrich",
        short_help="Let a language model describe a catalogue's items.",
        epilog=examples(
            "tastemaker enrich --catalog ml --items 200 --dry-run",
            "tastemaker enrich --catalog ml --items 200 --ceiling 0.50",
            'tastemaker enrich --catalog ml --ceiling "2000000 tokens" --yes',
            "tastemaker enrich --catalog ml --undo",
        ),
    )(enrich)


def enrich(  # noqa: PLR0913, PLR0917 (everything a person can choose)
    catalog: Annotated[str, typer.Option(help="Name of the catalogue.")],
    items: Annotated[
        int | None, typer.Option(min=1, help="So many items, the best known first; all by default.", show_default=False)
    ] = None,
    batch: Annotated[int, typer.Option(min=1, max=50, help="Items a call.")] = 10,
    ceiling: Annotated[
        str | None,
        typer.Option(
            help='Most this run may spend: money, such as 2.50, or "200000 tokens"; 0 asks nothing and builds in what '
            "is kept.",
            show_default=False,
        ),
    ] = None,
    fields: Annotated[
        Path | None,
        typer.Option(help="YAML of the fields to write, in place of those that come with it.", show_default=False),
    ] = None,
    retry: Annotated[bool, typer.Option("--retry", help="Ask again for items that failed.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the estimate and the first prompt; call no one.")] = (
        False
    ),
    undo: Annotated[bool, typer.Option("--undo", help="Take out what was generated; answers are kept.")] = False,
    run: Annotated[int | None, typer.Option(min=1, help="With --undo: of this run alone.", show_default=False)] = None,
    forget: Annotated[bool, typer.Option("--forget", help="With --undo: the answers too; they must be paid again.")] = (
        False
    ),
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Let a language model write moods, themes, tags and a summary of each item.

    Shows what it will take and asks first. Cut off at any moment it goes on where it was: what was answered is not paid
    twice. Exit code 5: the ceiling is reached.
    """
    from agent.settings import load_settings

    settings = load_settings()
    if not undo and (run is not None or forget):
        raise UserMustFix("--run and --forget say what is undone.", "Add --undo.")
    if undo:
        _undo(settings, catalog, run, forget=forget, yes=yes, as_json=as_json)
        return
    from ingest.enriching.costs import read_ceiling
    from ingest.enriching.log import FOLDER
    from tools.catalog.lock import locked
    from tools.catalog.store import catalogs_path, open_catalog

    most = read_ceiling(ceiling) if ceiling is not None else None
    open_catalog(settings.home, catalog)
    if dry_run:
        work = _work(settings, catalog, items, batch, fields)
        _show(work, _estimate(settings, work), as_json=as_json)
        return
    with locked(catalogs_path(settings.home) / catalog / FOLDER, f"{catalog!r} is being enriched by another process."):
        work = _work(settings, catalog, items, batch, fields)
        if retry:
            work.retry()
        _whole(settings, work, most, yes=yes, as_json=as_json)


def _work(settings: Settings, name: str, items: int | None, batch: int, fields: Path | None) -> Work:
    from ingest.enriching.applying import asking_for, base_of, chosen
    from ingest.enriching.log import Log
    from ingest.enriching.running import Work
    from ingest.enriching.targets import OFFERED, read_offers
    from tools.catalog.store import catalogs_path

    base = base_of(settings.home, name)
    asking = asking_for(base, read_offers(fields or OFFERED), settings.model)
    return Work(asking, chosen(base, asking, items), Log(catalogs_path(settings.home) / name), batch)


def _meter(settings: Settings) -> Meter:
    from agent.models.tokens import count_tokens
    from ingest.enriching.costs import Meter

    price = settings.prices.get(settings.model) or settings.prices.get(settings.model.rpartition(":")[2])
    if price is None:
        return Meter(count_tokens)
    return Meter(count_tokens, lambda into, out: (into * price.tokens_in + out * price.tokens_out) / 1e6)


def _estimate(settings: Settings, work: Work) -> Estimate:
    from ingest.enriching.costs import estimate

    return estimate(work.asking, [held for held, _ in work.pending()], work.answers, _meter(settings))


def _show(work: Work, cost: Estimate, *, as_json: bool) -> None:
    from ui.enriching import plan_in_words

    pending = work.pending()
    request = work.asking.request(pending[0][0]) if pending else None
    if as_json:
        first = request.model_dump(include={"system", "user", "json_schema"}) if request else None
        typer.echo(json.dumps({"estimate": cost.model_dump(), "first": first}, ensure_ascii=False, indent=2))
        return
    typer.echo(plan_in_words(work, cost))
    if request is not None:
        typer.echo(f"\n--- the first prompt: system ---\n{request.system}\n--- user ---\n{request.user}")


def _whole(settings: Settings, work: Work, most: Ceiling | None, *, yes: bool, as_json: bool) -> None:
    """Estimate, ask, run, build in, and say how it ended."""
    from ui.enriching import outcome_as_json, outcome_in_words, plan_in_words
    from ui.opening import confirm, progress_shown

    cost = _estimate(settings, work)
    typer.echo(plan_in_words(work, cost), err=True)
    if cost.items and (most is None or most.amount > 0):
        _need_model(settings)
        confirm("Go on?", yes=yes, otherwise="Nothing was asked.")
    outcome = _run(settings, work, most)
    built: dict[str, Any] = {}
    if outcome.error is None:
        with progress_shown() as progress:
            built = _build_in(_builder(settings, progress), work)
    if as_json:
        typer.echo(json.dumps({**outcome_as_json(outcome), **built}, ensure_ascii=False, indent=2))
    else:
        typer.echo("\n".join([outcome_in_words(outcome), *([_built_in_words(built)] if built else [])]))
    if outcome.error is not None:
        kept = "What was answered is kept; the same command goes on."
        raise type(outcome.error)(str(outcome.error.args[0]), f"{outcome.error.mend} {kept}".strip())
    if outcome.why == "ceiling" and most is not None and most.amount > 0:
        raise BudgetSpent(f"The ceiling of {most} is reached.", "What was answered is kept; a higher one goes on.")


def _run(settings: Settings, work: Work, most: Ceiling | None) -> Outcome:
    from ingest.enriching.running import run
    from ui.enriching import told_on_stderr

    meter = _meter(settings)
    if most is not None and most.unit == "money":
        meter.worth(0, 0, "money")
    try:
        with told_on_stderr() as told:
            return run(work, _asker(settings), meter, ceiling=most, told=told)
    except KeyboardInterrupt:
        answered, _ = work.settled()
        typer.echo(
            f"Stopped. {answered:,} of {len(work.items):,} items have an answer, which is kept; the same command goes "
            "on, and --ceiling 0 builds in what is there.",
            err=True,
        )
        raise


def _asker(settings: Settings) -> Ask:
    """Asks the model of the settings, which is set up when it is first needed; what it costs is kept by day."""
    from agent.models.chat import open_model
    from agent.spending import Booked
    from agent.store import open_store

    store = cache(lambda: open_store(settings.store_url))
    model = cache(lambda: Booked(open_model(settings), lambda: store().spending))

    def ask(request: ModelRequest) -> ModelReply:
        return model().complete(request, lambda _piece: None)

    return ask


def _need_model(settings: Settings) -> None:
    if settings.resolved_controller != "model":
        raise OperatorMustFix(
            "No language model is configured to describe items.",
            "Set OPENAI_API_KEY or OPENAI_BASE_URL (see .env.example).",
        )


def _builder(settings: Settings, progress: Progress) -> Builder:
    from ingest.enriching.applying import Builder

    return Builder(
        settings.home,
        embedder=settings.embedder,
        chroma=settings.vector_index != "exact",
        chroma_url=settings.chroma_url or "",
        progress=progress,
    )


def _build_in(builder: Builder, work: Work) -> dict[str, Any]:
    from ingest.enriching.applying import build_in
    from tools.catalog.store import open_catalog

    name = work.log.folder.parent.name
    before = open_catalog(builder.home, name)
    return _told(before, build_in(builder, name, work.answers))


def _told(before: StoredCatalog, after: StoredCatalog) -> dict[str, Any]:
    fitted = (before.rankers_path / "fitted").exists() and not (after.rankers_path / "fitted").exists()
    held = (after.manifest.get("enriched") or {}).get("items", 0)
    return {"catalog": after.name, "version": after.version, "items_with_generated_values": held, "fit_again": fitted}


def _built_in_words(built: dict[str, Any]) -> str:
    name, held = built["catalog"], built["items_with_generated_values"]
    fit = f" Run `tastemaker fit --catalog {name}` again." if built["fit_again"] else ""
    if not held:
        return f"{name!r} holds no generated values.{fit}"
    return f"{name!r} now serves with what was written about {held:,} items.{fit}"


def _undo(settings: Settings, name: str, run: int | None, *, forget: bool, yes: bool, as_json: bool) -> None:
    from ingest.enriching.applying import undo
    from ingest.enriching.log import FOLDER
    from tools.catalog.lock import locked
    from tools.catalog.store import catalogs_path, open_catalog
    from ui.opening import confirm, progress_shown

    before = open_catalog(settings.home, name)
    if forget:
        confirm("Forget answers that were paid for?", yes=yes)
    busy = f"{name!r} is being enriched by another process."
    with locked(catalogs_path(settings.home) / name / FOLDER, busy), progress_shown() as progress:
        built = _told(before, undo(_builder(settings, progress), name, run, forget=forget))
    typer.echo(json.dumps(built, ensure_ascii=False, indent=2) if as_json else _built_in_words(built))
