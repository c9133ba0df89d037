"""`simulate`: simulated people against one or more recommenders, offline, and what came of it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ui.commands import examples

if TYPE_CHECKING:
    from evaluation.experiment.design import Design

app = typer.Typer(no_args_is_help=True, help="Simulated people: populations, experiments, reports.")

Catalog = Annotated[str, typer.Option("--catalog", "-c", help="Name of an installed catalogue.")]
Seed = Annotated[int, typer.Option(help="Seed of everything drawn.")]
Json = Annotated[Path | None, typer.Option("--json", help="Write the figures to this file.", show_default=False)]
Folder = Annotated[Path, typer.Argument(help="Folder of a run.", show_default=False)]
KINDS = ["agenda"]
SYSTEMS = ["rules", "popularity", "random"]


@app.command(
    epilog=examples(
        "tastemaker simulate population --catalog films --users 200 --out people.jsonl",
        "tastemaker simulate population --catalog ml --users 500 --redial PATH/dialogues.jsonl --out people.jsonl",
    )
)
def population(
    catalog: Catalog,
    out: Annotated[Path, typer.Option(help="File to write, one person a line.")],
    users: Annotated[int, typer.Option(min=1, help="People.")] = 500,
    seed: Seed = 0,
    redial: Annotated[
        Path | None, typer.Option(help="Take needs from recorded dialogues in the ReDial format.", show_default=False)
    ] = None,
    shuffle: Annotated[
        bool, typer.Option("--shuffle", help="Let everybody speak for somebody else: the control of `honesty`.")
    ] = False,
) -> None:
    """People with needs and personas, from the catalogue's ratings or from recorded dialogues."""
    from agent.settings import load_settings
    from simulation.population import write_members
    from tools.catalog.store import open_catalog
    from ui.opening import prepare_if_missing

    settings = load_settings()
    prepare_if_missing(settings, catalog)
    stored = open_catalog(settings.home, catalog)
    if redial is not None:
        from ui.commands.simulate_redial import people_of

        members = people_of(redial, stored, users, seed)
    else:
        from simulation.from_ratings import population_from_ratings

        members = population_from_ratings(stored, users, seed)
    if shuffle:
        from evaluation.shuffled import shuffle_wants

        members = shuffle_wants(members, seed)
    typer.echo(f"{write_members(out, members)} people written to {out}.")


@app.command(
    epilog=examples(
        "tastemaker simulate run --catalog films --users 100 --out runs/first",
        "tastemaker simulate run --catalog ml --users 500 --user agenda --user taste --controller rules"
        " --controller rules:asking=never --controller popularity --out runs/ml",
        "tastemaker simulate run --design experiment.yaml --out runs/second --workers 8",
    )
)
def run(  # noqa: PLR0913, PLR0917 (the options of a command)
    out: Annotated[Path, typer.Option(help="Folder of the run; an unfinished run in it goes on.")],
    catalog: Annotated[
        str | None, typer.Option("--catalog", "-c", help="An installed catalogue.", show_default=False)
    ] = None,
    design: Annotated[Path | None, typer.Option(help="YAML file with these options.", show_default=False)] = None,
    users: Annotated[int | None, typer.Option(min=1, help="People; 100 by default.", show_default=False)] = None,
    user: Annotated[
        list[str] | None,
        typer.Option(help="Kind of person: agenda, taste, model or free-model; agenda by default.", show_default=False),
    ] = None,
    controller: Annotated[
        list[str] | None,
        typer.Option(
            help="A system: rules, model, an extension's, popularity or random; settings as NAME:key=value,key=value.",
            show_default=False,
        ),
    ] = None,
    population: Annotated[
        Path | None, typer.Option(help="People made by `simulate population`.", show_default=False)
    ] = None,
    trials: Annotated[int | None, typer.Option(min=1, help="Dialogues of each person with each system.")] = None,
    turns: Annotated[int | None, typer.Option(min=1, help="Most turns of a dialogue; 10 by default.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of everything drawn.")] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes; as many as there are CPUs.", show_default=False)
    ] = None,
    ray: Annotated[str, typer.Option(help="Address of a Ray cluster, or local.", show_default=False)] = "",
) -> None:
    """Hold every dialogue of an experiment; one that was cut off goes on where it was."""
    from agent.settings import load_settings
    from evaluation.experiment.running import run_experiment
    from evaluation.progress import advancing
    from ui.opening import prepare_if_missing

    given = {
        "catalog": catalog,
        "users": users,
        "kinds": user,
        "systems": controller,
        "trials": trials,
        "most_turns": turns,
        "seed": seed,
    }
    planned = _design(design, {name: value for name, value in given.items() if value})
    settings = load_settings()
    prepare_if_missing(settings, planned.catalog)
    total = planned.users * len(planned.kinds) * len(planned.systems) * planned.trials
    with advancing("dialogues", total) as advance:
        done = run_experiment(
            planned,
            out,
            settings.home,
            population=population,
            workers=workers or os.cpu_count() or 1,
            ray=ray,
            advance=advance,
        )
    typer.echo(f"{done}: every dialogue is there. Next: tastemaker simulate report {out}")


def _design(file: Path | None, given: dict[str, Any]) -> Design:
    from evaluation.experiment.design import make_design, read_design

    options = {"kinds": KINDS, "systems": SYSTEMS} | (read_design(file) if file is not None else {}) | given
    return make_design(options)


@app.command(
    epilog=examples("tastemaker simulate report runs/ml", "tastemaker simulate report runs/ml --json figures.json")
)
def report(folder: Folder, json_file: Json = None) -> None:
    """One self-contained page: what was compared, what won, by how much, and every dialogue."""
    from evaluation.experiment.report import write_report

    page = write_report(folder)
    if json_file is not None:
        json_file.write_bytes((folder / "figures.json").read_bytes())
    typer.echo(f"{page}: open it in a browser.")


@app.command(
    epilog=examples(
        "tastemaker simulate compare runs/before runs/after",
        "tastemaker simulate compare runs/before runs/after --json changes.json",
    )
)
def compare(
    first: Folder,
    second: Annotated[Path, typer.Argument(help="Folder of a later run of the same people.", show_default=False)],
    json_file: Json = None,
    every: Annotated[bool, typer.Option("--every", help="Also what did not change.")] = False,
) -> None:
    """Two runs of the same people: what changed, whether it is real, and which dialogues flipped."""
    from rich.console import Console

    from evaluation.experiment.comparing import as_metrics, changes_table, flips_table
    from evaluation.experiment.comparing import compare as paired

    found = paired(first, second)
    console = Console()
    console.print(changes_table(found, every=every))
    console.print(flips_table(found))
    if json_file is not None:
        json_file.write_text(json.dumps(as_metrics(found), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


@app.command(
    epilog=examples(
        "tastemaker simulate replay runs/ml --dialogue agenda/rules/rater-17/1",
    )
)
def replay(
    folder: Folder,
    dialogue: Annotated[str, typer.Option(help="KIND/SYSTEM/MEMBER/TRIAL, as the report names it.")],
) -> None:
    """One dialogue of a run, played again through today's agent, beside what was said then."""
    from agent.settings import load_settings
    from evaluation.experiment.replaying import replay as played

    found = played(folder, load_settings().home, dialogue)
    for title, episode in (("then", found.then), ("now", found.now)):
        typer.echo(f"── {title}: {episode.ending.value}")
        for exchange in episode.exchanges:
            typer.echo(f"person  {exchange.said}\nagent   {exchange.reply}".replace("\n\n", "\n"))
        if episode.last_word:
            typer.echo(f"person  {episode.last_word}")
    where = "never" if found.parted is None else f"at message {found.parted}"
    typer.echo(f"── the dialogues part: {where}")


@app.command(
    epilog=examples(
        "tastemaker simulate honesty runs/ml",
        "tastemaker simulate honesty runs/ml --control runs/ml-shuffled --redial PATH/dialogues.jsonl",
    )
)
def honesty(
    folder: Folder,
    control: Annotated[
        Path | None, typer.Option(help="A run of the same people with shuffled wishes.", show_default=False)
    ] = None,
    redial: Annotated[
        Path | None, typer.Option(help="Recorded dialogues (ReDial) to hold the language against.", show_default=False)
    ] = None,
    json_file: Json = None,
) -> None:
    """How honest the simulated people are: leaks, contradictions, taking too early, the shuffled control, language."""
    from ui.commands.simulate_honesty import told

    figures = told(folder, control, redial)
    if json_file is not None:
        json_file.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


@app.command(
    epilog=examples(
        "tastemaker simulate export runs/ml --chats chats.jsonl --successes",
        "tastemaker simulate export runs/ml --interactions interactions.csv",
    )
)
def export(
    folder: Folder,
    chats: Annotated[Path | None, typer.Option(help="Chats to train on, JSONL.", show_default=False)] = None,
    interactions: Annotated[
        Path | None, typer.Option(help="What was taken and passed on, CSV.", show_default=False)
    ] = None,
    successes: Annotated[bool, typer.Option("--successes", help="Only dialogues that found something.")] = False,
) -> None:
    """Dialogues of a run as training data; every line says that it is simulated."""
    from core.errors import BadInput
    from evaluation.experiment import exporting
    from evaluation.experiment.reading import open_run

    if chats is None and interactions is None:
        raise BadInput("Nothing to write was named.", "Give --chats FILE, --interactions FILE, or both.")
    episodes = open_run(folder).episodes
    if chats is not None:
        lines = list(exporting.chats(episodes, successes_only=successes))
        chats.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        typer.echo(f"{len(lines)} chats written to {chats}.")
    if interactions is not None:
        lines = list(exporting.interactions(episodes))
        interactions.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        typer.echo(f"{len(lines) - 1} interactions written to {interactions}.")
