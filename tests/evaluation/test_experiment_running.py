"""Experiments: the same bytes whatever the number of processes and however often a run is cut off."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.errors import BadInput, OperatorMustFix
from evaluation.experiment.design import Design, make_design, read_design
from evaluation.experiment.episodes import Episode
from evaluation.experiment.exporting import chats, interactions
from evaluation.experiment.preparing import POPULATION, module_hash, prepare
from evaluation.experiment.reading import open_run
from evaluation.experiment.replaying import name_of, replay
from evaluation.experiment.running import DIALOGUES, PARTS, run_experiment
from evaluation.experiment.systems import parse_system
from simulation.population import read_members, write_members

SYSTEMS = ["rules", "rules:asking=never", "popularity", "random"]
TERSE, ACME = "tests.agent.acme:TERSE", "tests.agent.acme:ACME"
REPOSITORY = Path(__file__).resolve().parents[2]


def design(**more: object) -> Design:
    return make_design({"catalog": "books", "systems": SYSTEMS, "users": 6, "most_turns": 5, **more})


@pytest.fixture(scope="module")
def finished(demo_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of two kinds of people, with two processes."""
    folder = tmp_path_factory.mktemp("runs") / "whole"
    run_experiment(design(kinds=["agenda", "taste"]), folder, demo_home, workers=2)
    return folder


def test_everybody_meets_every_system_with_the_same_seed(finished: Path) -> None:
    run = open_run(finished)
    assert run.complete
    assert len(run.episodes) == 6 * 4 * 2
    seeds: dict[tuple[str, str], set[int]] = {}
    for episode in run.episodes:
        seeds.setdefault((episode.user, episode.member), set()).add(episode.seed)
    assert all(len(found) == 1 for found in seeds.values())
    assert all(e.ending.by_choice or e.ending == "turn_limit" for e in run.episodes), "nothing failed"
    assert all(e.measures["success"] is not None and e.measures["turns"] is not None for e in run.episodes)


def test_one_process_writes_the_same_bytes(finished: Path, demo_home: Path, tmp_path: Path) -> None:
    run_experiment(design(kinds=["agenda", "taste"]), tmp_path / "one", demo_home, workers=1)
    assert (tmp_path / "one" / DIALOGUES).read_bytes() == (finished / DIALOGUES).read_bytes()
    assert (tmp_path / "one" / "manifest.json").read_bytes() == (finished / "manifest.json").read_bytes()


def test_a_killed_run_goes_on_to_the_same_bytes(demo_home: Path, tmp_path: Path) -> None:
    wanted = design(users=12)
    whole = run_experiment(wanted, tmp_path / "whole", demo_home, workers=1).read_bytes()
    folder, program = tmp_path / "cut", tmp_path / "run.py"
    program.write_text(
        "import sys\nfrom pathlib import Path\n"
        "from evaluation.experiment.design import make_design\n"
        "from evaluation.experiment.running import run_experiment\n"
        "if __name__ == '__main__':\n"
        f"    design = make_design({wanted.model_dump(mode='json')!r})\n"
        f"    run_experiment(design, Path({str(folder)!r}), Path({str(demo_home)!r}), workers=1)\n",
        encoding="utf-8",
    )
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    running = subprocess.Popen([sys.executable, str(program)], env=environment, start_new_session=True)
    until = time.monotonic() + 300
    while time.monotonic() < until and not list(folder.glob(f"{PARTS}/*.jsonl")) and running.poll() is None:
        time.sleep(0.02)
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    assert not (folder / DIALOGUES).exists(), "the run was cut off before its end"
    assert run_experiment(wanted, folder, demo_home, workers=2).read_bytes() == whole
    assert not (folder / PARTS).exists()


def test_a_folder_of_another_experiment_is_refused(finished: Path, demo_home: Path) -> None:
    with pytest.raises(BadInput, match="seed was 0, is 1"):
        prepare(finished, design(kinds=["agenda", "taste"], seed=1), demo_home)


def test_rankers_are_fitted_without_what_is_held_out(finished: Path, demo_home: Path) -> None:
    own = demo_home / "catalogs" / "books"
    fitted = (finished / "prepared" / "item-knn" / "data.npy").read_bytes()
    assert all(fitted != file.read_bytes() for file in own.glob("versions/*/rankers/item-knn/data.npy"))


def test_a_population_of_ones_own_is_met(finished: Path, demo_home: Path, tmp_path: Path) -> None:
    people = read_members(finished / POPULATION)[:2]
    write_members(tmp_path / "people.jsonl", people)
    few = design(users=2, systems=["popularity"])
    run_experiment(few, tmp_path / "run", demo_home, population=tmp_path / "people.jsonl")
    assert {e.member for e in open_run(tmp_path / "run").episodes} == {m.id for m in people}
    with pytest.raises(BadInput, match="holds 2 people, 3 are asked for"):
        prepare(tmp_path / "more", design(users=3), demo_home, tmp_path / "people.jsonl")


def test_a_dialogue_is_played_again_as_it_was(finished: Path, demo_home: Path) -> None:
    then = next(e for e in open_run(finished).episodes if e.system == "rules")
    found = replay(finished, demo_home, name_of(then))
    assert found.parted is None
    assert found.now == then
    with pytest.raises(BadInput, match="holds no dialogue"):
        replay(finished, demo_home, "agenda/rules/nobody/1")


def test_dialogues_go_out_as_chats_and_interactions(finished: Path) -> None:
    episodes = open_run(finished).episodes
    written = [json.loads(line) for line in chats(episodes)]
    assert len(written) == sum(e.ending.by_choice for e in episodes)
    assert all(c["messages"][0]["role"] == "user" and c["simulated"] for c in written)
    header, *rows = interactions(episodes)
    assert header == "user,item,rating,timestamp"
    assert sum(r.split(",")[2] == "1" for r in rows) == sum(e.accepted is not None for e in episodes)


def test_the_population_of_a_target_knows_nothing_that_is_held_out(finished: Path) -> None:
    for one in read_members(finished / POPULATION):
        assert not {one.need.target, *one.need.relevant} & {*one.need.known, *one.need.liked}


@pytest.mark.parametrize("text", ["rule", "rules:colour=red", "rules:asking", "popularity:asking=never"])
def test_a_system_that_there_is_not_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        parse_system(text)


def test_a_system_may_have_settings_of_its_own() -> None:
    system = parse_system("rules:without=asking+rejections,asking=never")
    assert (system.recommender, system.settings) == ("rules", {"without": "asking,rejections", "asking": "never"})


def test_a_controller_of_an_extension_is_tried_beside_the_others(
    demo_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(BadInput, match="There are: rules, model, popularity, random"):
        design(systems=["terse"])
    monkeypatch.setenv("TASTEMAKER_EXTENSIONS", TERSE)
    both = design(systems=["rules", "terse", "terse:asking=never"], users=4)
    for workers in (1, 2):
        run_experiment(both, tmp_path / str(workers), demo_home, workers=workers)
    one, two = ((tmp_path / name / DIALOGUES).read_bytes() for name in ("1", "2"))
    assert one == two
    most: dict[str, int] = {}
    for episode in open_run(tmp_path / "1").episodes:
        most[episode.system] = max(len(exchange.slate) for exchange in episode.exchanges)
    assert (most["rules"], most["terse"], most["terse:asking=never"]) == (3, 1, 1)
    manifest = json.loads((tmp_path / "1" / "manifest.json").read_text())
    assert list(manifest["extensions"]) == [TERSE]
    monkeypatch.delenv("TASTEMAKER_EXTENSIONS")
    with pytest.raises(BadInput, match="extensions was"):
        run_experiment(both, tmp_path / "1", demo_home, workers=1)


def test_a_ranker_that_has_seen_what_is_held_back_is_refused_before_anything_is_played(
    demo_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TASTEMAKER_EXTENSIONS", ACME)
    with pytest.raises(OperatorMustFix, match="'together' of an extension has seen the ratings"):
        prepare(tmp_path / "run", design(systems=["popularity", "terse"]), demo_home)
    assert not (tmp_path / "run").exists()
    prepare(tmp_path / "run", design(systems=["popularity", "terse:without=collaborative"]), demo_home)


def test_what_an_extension_is_made_of_stands_in_the_manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    package, alone = tmp_path / "some_package", tmp_path / "some_module.py"
    package.mkdir()
    files = [alone, package / "__init__.py", package / "part.py"]
    for file in files:
        file.write_text("A = 1\n")
    told = [module_hash("some_module"), module_hash("some_package")]
    for file in (alone, package / "part.py"):
        file.write_text("A = 2\n")
    assert all(a != b for a, b in zip(told, [module_hash("some_module"), module_hash("some_package")], strict=True))
    with pytest.raises(OperatorMustFix, match="PYTHONPATH"):
        module_hash("no_module_is_called_so")


def test_a_design_is_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "design.yaml"
    file.write_text("catalog: books\nsystems: [rules, random]\nusers: 3\n", encoding="utf-8")
    assert [s.name for s in make_design(read_design(file)).systems] == ["rules", "random"]
    file.write_text("catalogue: books\n", encoding="utf-8")
    with pytest.raises(BadInput, match="catalogue"):
        read_design(file)
    with pytest.raises(BadInput, match="named twice"):
        design(systems=["rules", "rules"])


def test_an_episode_reads_back_as_it_was(finished: Path) -> None:
    line = (finished / DIALOGUES).read_text(encoding="utf-8").splitlines()[0]
    assert Episode.model_validate_json(line).model_dump_json(exclude_defaults=True) == line


def test_processes_end_with_the_one_that_started_them(tmp_path: Path) -> None:
    program = tmp_path / "pool.py"
    program.write_text(
        "import os, time\nfrom evaluation.processes import pool\n"
        "if __name__ == '__main__':\n"
        "    with pool(1) as processes:\n"
        "        print(processes.submit(os.getpid).result(), flush=True)\n"
        "        time.sleep(600)\n",
        encoding="utf-8",
    )
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    running = subprocess.Popen([sys.executable, str(program)], env=environment, stdout=subprocess.PIPE, text=True)
    assert running.stdout is not None
    worker = int(running.stdout.readline())
    running.kill()
    running.wait()
    until = time.monotonic() + 60
    while time.monotonic() < until and alive(worker):
        time.sleep(0.05)
    assert not alive(worker)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
