"""The task benchmark: every task played several times against a simulated person, in as many processes as wanted."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import as_completed
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Literal

from agent.build import Tastemaker
from agent.settings import load_settings
from core.errors import OperatorMustFix
from core.items import Item
from core.ledger import Ledger
from core.profile import Profile
from core.turn import ControllerName, Conversation, Turn, Usage
from core.values import Value
from evaluation.baselines import BaselineName, Respond, baseline, is_baseline
from evaluation.catalogs import Ability
from evaluation.completing import completing
from evaluation.grading import Case, Grader
from evaluation.naming import Titles
from evaluation.processes import pool
from evaluation.results import Line, Result, Search
from simulation.model_person import ModelPerson
from simulation.protocol import Dialogue, User
from simulation.reveal import RevealUser
from simulation.runner import converse
from simulation.tasks import Task, described, holds
from simulation.wording import FIRST
from tools.catalog.store import open_catalog
from tools.elicitation.decide import Strategy

UserName = Literal["reveal", "model"]
MOST_TURNS = 20


@dataclass(frozen=True)
class Setup:
    """Everything a process needs to play any task; small, so that it can be sent to one."""

    home: Path
    catalog: str
    system: ControllerName
    """A controller, built in or of an extension that the settings name, or a baseline."""
    user: UserName = "reveal"
    without: Ability | None = None
    asking: Strategy = "expected_value"
    seed: int = 0
    most_turns: int = MOST_TURNS
    embedder: str = "minilm"
    wording: str = FIRST
    """In whose words the person speaks: the name of a wording that ships, or a file."""
    silent: bool = False
    """Whether the person answers no suspicion: what is hidden is then felt through rejections alone."""
    name: str = ""
    """How the system is called in tables; its own name when left out."""

    @property
    def label(self) -> str:
        """How the system is called in tables."""
        return self.name or self.system

    def played_by(self, system: BaselineName) -> Setup:
        """The same, answered by a baseline."""
        return replace(self, system=system, without=None, asking="expected_value", name="")


class Job(Value):
    """One dialogue to be held."""

    task: Task
    trial: int


def run(
    setups: Sequence[Setup], tasks: Sequence[Task], trials: int, *, workers: int, advance: Callable[[], None]
) -> list[Result]:
    """Every task × trial for every setup, in that order; the same whatever the number of processes."""
    jobs = [(s, Job(task=t, trial=n)) for s in setups for t in tasks for n in range(1, trials + 1)]
    results: list[Result | None] = [None] * len(jobs)
    for place, result in _played(jobs, workers):
        results[place] = result
        advance()
    return [r for r in results if r is not None]


def _played(jobs: Sequence[tuple[Setup, Job]], workers: int) -> Iterator[tuple[int, Result]]:
    if workers <= 1:
        for place, (setup, job) in enumerate(jobs):
            yield place, play(setup, job)
        return
    with pool(min(workers, len(jobs))) as processes:
        places = {processes.submit(play, setup, job): place for place, (setup, job) in enumerate(jobs)}
        for done in as_completed(places):
            yield places[done], done.result()


def play(setup: Setup, job: Job) -> Result:
    """One task played once and graded."""
    stage, task = stage_of(setup), job.task
    seed = seed_of(setup.seed, task.id, job.trial)
    dialogue = converse(stage.respond(seed), stage.opening(task, job.trial), stage.person(task, seed), setup.most_turns)
    turns, house = dialogue.turns, stage.grader.house
    failing = {str(c): c for c in task.wants}
    case = Case(
        failing=lambda item: tuple(label for label, c in failing.items() if not holds(c, item)),
        seen=frozenset(task.history),
        has=tuple(task.services),
        nothing_fits=task.nothing_fits,
    )
    return Result(
        system=setup.label,
        task=task.id,
        trial=job.trial,
        seed=seed,
        complexity=task.complexity,
        reveal=task.reveal_difficulty,
        nothing_fits=task.nothing_fits,
        wanted=described(task, house),
        ending=str(dialogue.ending),
        grade=stage.grader.grade(case, turns, dialogue.accepted, dialogue.agreed),
        search=search_of(turns, lambda item: not case.failing(item)),
        usage=_usage(turns),
        lines=tuple(_lines(dialogue)),
    )


@dataclass(frozen=True)
class Stage:
    """An opened catalogue with somebody to answer and a grader."""

    setup: Setup
    grader: Grader
    tastemaker: Tastemaker

    def respond(self, seed: int) -> Respond:
        """The agent without its store, or a baseline."""
        system = self.setup.system
        if is_baseline(system):
            items = list(open_catalog(self.setup.home, self.setup.catalog).items())
            return baseline(system, items, self.grader.house, seed)
        return lambda conversation, message: self.tastemaker.answer(conversation, message, system)

    def person(self, task: Task, seed: int) -> User:
        """The simulated person; raises OperatorMustFix for one that cannot be played here."""
        if self.setup.user == "reveal":
            setup = self.setup
            return RevealUser(task, self.grader.house, seed, answers_suspicions=not setup.silent, wording=setup.wording)
        model = self.tastemaker.model
        if model is None:
            raise OperatorMustFix(
                "No language model is configured that could play the person.",
                "Set OPENAI_API_KEY or OPENAI_BASE_URL (see .env.example), or use --user reveal.",
            )

        return ModelPerson(task, self.grader.house, completing(model))

    def opening(self, task: Task, trial: int) -> Conversation:
        """An empty conversation that knows what the house knows: what the person used before, and what they have."""
        schema = self.grader.house
        spec = schema.role("availability")
        known = tuple(i.id for i in self.grader.catalog.find(task.history))
        return Conversation(
            id=f"{task.id}-{trial}",
            catalog=self.setup.catalog,
            profile=Profile(
                person=task.id,
                seen=known,
                has={spec.name: tuple(task.services)} if spec is not None and task.services else {},
            ),
            ledger=Ledger(seen=known),
        )


@lru_cache(maxsize=4)
def stage_of(setup: Setup) -> Stage:
    """Opened once a process and setup."""
    catalog = open_catalog(setup.home, setup.catalog)
    settings = load_settings(
        home=setup.home,
        catalog=setup.catalog,
        vector_index="exact",
        embedder=setup.embedder,
        asking=setup.asking,
        without=setup.without or "",
        person="guest",
    )
    grader = Grader(catalog, catalog.source_schema, Titles(catalog.items()))
    return Stage(setup, grader, Tastemaker(settings))


def seed_of(seed: int, task: str, trial: int) -> int:
    """The seed of one dialogue: the same for every system that plays it."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{task}/{trial}".encode()).digest()[:4], "big")


def search_of(turns: Sequence[Turn], right: Callable[[Item], bool]) -> Search:
    """What it took until something right was shown for the first time."""
    questions = wrong = 0
    for number, turn in enumerate(turns, 1):
        if any(right(r.item) for r in turn.slate):
            return Search(turn=number, questions=questions, wrong=wrong)
        questions += turn.question is not None
        wrong += len(turn.slate)
    return Search(turn=None, questions=questions, wrong=wrong)


def _usage(turns: Sequence[Turn]) -> Usage:
    total = Usage()
    for turn in turns:
        total = total.plus(turn.usage)
    return total


def _lines(dialogue: Dialogue) -> Iterator[Line]:
    for turn in dialogue.turns:
        yield Line(who="person", said=turn.message)
        notes = [f"shows {r.item.title} ({r.item.id})" for r in turn.slate]
        notes += [f"asks: {turn.question.kind} {turn.question.field or ''}".strip()] if turn.question else []
        notes += [f"knows: {', '.join(_known(turn, dialogue))}"] if turn.ledger.preferences else []
        yield Line(who="agent", said=turn.reply, note="; ".join(notes))
    if dialogue.last_word:
        yield Line(who="person", said=dialogue.last_word)


def _known(turn: Turn, _dialogue: Dialogue) -> list[str]:
    return [f"{p.field or 'text'} {p.polarity} {p.op} {p.value}" for p in turn.ledger.preferences]
