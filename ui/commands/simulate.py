"""`simulate`: simulated people against one or more recommenders, offline, and what came of it."""

from __future__ import annotations

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
    typer.echo(f"{write_members(out, members)} people written to {out}.")


@app.command(
    epilog=examples(
        "tastemaker simulate run --catalog films --users 100 --out runs/first",
        "tastemaker simulate run --catalog ml --users 500 --user agenda --user taste --controller rules \\",
        "    --controller rules:asking=never --controller rules:without=collaborative --controller popularity --out runs/ml",
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
        typer.Option(help="A kind of person: agenda, taste or model; agenda by default.", show_default=False),
    ] = None,
    controller: Annotated[
        list[str] | None,
        typer.Option(
            help="A system: rules, model, popularity or random, with settings as NAME:key=value,key=value.",
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
