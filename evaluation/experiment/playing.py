"""One dialogue of an experiment, held and measured; each process opens the run folder once."""

from __future__ import annotations

import json
import pickle
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agent.build import Tastemaker
from agent.settings import load_settings
from core.items import Item
from core.ledger import Ledger
from core.profile import Profile
from core.turn import Conversation, Turn
from evaluation.baselines import baseline, is_baseline
from evaluation.completing import Complete, completing
from evaluation.experiment.design import Design, Job, make_design, seed_of
from evaluation.experiment.episodes import Asked, Episode, Exchange, ShownItem, Stage, Timing
from evaluation.experiment.judge import rule_satisfaction
from evaluation.experiment.measures import measured
from evaluation.experiment.preparing import MANIFEST, POPULATION, PREPARED, TASTE, no_model, settings_of
from evaluation.experiment.systems import System
from evaluation.honesty import accepts_early
from simulation.agenda import AgendaUser
from simulation.facets import FacetTable
from simulation.model_user import ModelUser
from simulation.outlook import Outlook, Outlooks
from simulation.population import Member, read_members
from simulation.protocol import Dialogue, EndReason, User
from simulation.runner import Recommender, converse
from simulation.tasks import Task, described, holds
from simulation.taste_user import TasteUser
from tools.catalog.store import StoredCatalog, open_catalog
from tools.policy.house import most_at_once


@dataclass(frozen=True)
class Opened:
    """A run folder with its catalogue, as one process sees it."""

    folder: Path
    home: Path
    design: Design
    members: tuple[Member, ...]
    catalog: StoredCatalog

    @cached_property
    def outlooks(self) -> Outlooks:
        """How people without an item in mind look at the catalogue."""
        model = pickle.loads((self.folder / PREPARED / TASTE).read_bytes())  # noqa: S301 - written by the run itself
        return Outlooks(self.catalog, model, FacetTable.read(self.catalog))

    def outlook(self, member: Member) -> Outlook:
        """How a member looks at the catalogue; the last one is kept, since one system after the other meets them."""
        kept: Outlook | None = self.__dict__.get("_outlook")
        if kept is None or kept.member != member.id:
            kept = self.__dict__["_outlook"] = self.outlooks.of(member)
        return kept

    @cached_property
    def _tastemakers(self) -> dict[str, Tastemaker]:
        return {}

    @cached_property
    def _items(self) -> list[Item]:
        return list(self.catalog.items())

    @cached_property
    def _at_once(self) -> int:
        """Items that the agent shows at once, and baselines beside it."""
        return most_at_once(self.catalog.schema, load_settings(home=self.home).slate_size)

    def tastemaker(self, system: System) -> Tastemaker:
        """The agent as a system sets it up: one thread, and rankers that know nothing of what is held out."""
        found = self._tastemakers.get(system.name)
        if found is None:
            settings = settings_of(system, self.home).model_copy(
                update={"catalog": self.design.catalog, "rankers": self.folder / PREPARED}
            )
            found = self._tastemakers[system.name] = Tastemaker(settings, this_year=lambda: self.design.year)
        return found

    def recommender(self, system: System, seed: int) -> Recommender:
        """Whoever answers in a dialogue."""
        if is_baseline(system.recommender):
            return baseline(system.recommender, self._items, self.catalog.schema, seed, self._at_once)
        app = self.tastemaker(system)
        return lambda conversation, message: app.answer(conversation, message, system.recommender)

    def user(self, job: Job, seed: int) -> User:
        """The person of a dialogue; raises OperatorMustFix where a model is to play them and there is none."""
        member, schema = self.members[job.member], self.catalog.schema
        if job.kind == "agenda":
            return AgendaUser(member, schema, self.catalog.find, seed, self.design.wording)
        if job.kind == "taste":
            return TasteUser(member, schema, self.outlook(member), seed, self.design.wording)
        return ModelUser(member, schema, self.catalog.find, self._complete, seed, free=job.kind == "free-model")

    @cached_property
    def _complete(self) -> Complete:
        """The language model that plays people, opened once."""
        model = Tastemaker(load_settings(home=self.home)).model
        if model is None:
            raise no_model()
        return completing(model)


@lru_cache(maxsize=2)
def opened(folder: Path, home: Path) -> Opened:
    """The run folder as this process sees it."""
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    return Opened(
        folder,
        home,
        design_of(manifest),
        tuple(read_members(folder / POPULATION)),
        open_catalog(home, manifest["catalog"]),
    )


def design_of(manifest: dict[str, Any]) -> Design:
    """The design a manifest tells of."""
    systems = []
    for name, held in manifest["systems"].items():
        settings = {key: value for key, value in held.items() if key != "recommender"}
        systems.append({"name": name, "recommender": held["recommender"], "settings": settings})
    return make_design(
        {
            "catalog": manifest["catalog"],
            "systems": systems,
            "kinds": manifest["users"],
            "users": manifest["members"],
            "trials": manifest["trials"],
            "most_turns": manifest["turns"],
            "seed": manifest["seed"],
            "wording": manifest["wording"],
            "year": manifest["year"],
        }
    )


def play(folder: Path, home: Path, job: Job) -> tuple[Episode, Timing]:
    """One dialogue, held and measured."""
    run = opened(folder, home)
    design, member, system = run.design, run.members[job.member], run.design.systems[job.system]
    seed = seed_of(design, job.kind, member.id, job.trial)
    conversation = Conversation(
        id=f"{member.id}-{job.trial}", catalog=design.catalog, profile=Profile(person=""), ledger=Ledger()
    )
    user = run.user(job, seed)
    started = time.perf_counter()
    dialogue = converse(run.recommender(system, seed), conversation, user, design.most_turns)
    spent = (time.perf_counter() - started) * 1000
    if isinstance(user, ModelUser) and dialogue.ending == EndReason.person_failed:
        dialogue = dialogue.model_copy(update={"fault": user.record.fault})
    episode = _measured(run, job, seed, dialogue)
    if isinstance(user, ModelUser):
        episode = episode.model_copy(update={"played": user.record})
    return episode, _timing(episode, dialogue.turns, spent)


def _measured(run: Opened, job: Job, seed: int, dialogue: Dialogue) -> Episode:
    member, design = run.members[job.member], run.design
    need = member.need
    episode = Episode(
        system=design.systems[job.system].name,
        user=job.kind,
        member=member.id,
        trial=job.trial,
        seed=seed,
        persona=member.persona.name,
        segments=member.segments,
        wants=() if job.kind == "taste" else described(Task(id=member.id, wants=need.wants), run.catalog.schema),
        target=None if job.kind == "taste" else _target(run, member),
        ending=dialogue.ending,
        accepted=dialogue.accepted,
        last_word=dialogue.last_word,
        fault=dialogue.fault,
        exchanges=tuple(_exchange(turn, n, dialogue, member, run) for n, turn in enumerate(dialogue.turns)),
    )
    taken = next((r.item for t in dialogue.turns for r in t.slate if r.item.id == dialogue.accepted), None)
    measures = measured(episode, need, taken, _slates(run, dialogue.turns), design.most_turns)
    early = accepts_early(episode, member, run.catalog)
    measures["early_accept"] = None if early is None else float(early)
    measures["satisfaction"] = (
        None
        if dialogue.ending in {EndReason.agent_failed, EndReason.person_failed}
        else round(
            rule_satisfaction(
                success=bool(measures["success"]),
                turns=len(episode.exchanges),
                patience=member.persona.patience,
                broken=sum(not item.fits for e in episode.exchanges for item in e.slate),
                repeats=int(measures["repeated"] or 0),
                useless=int((measures["questions"] or 0) - (measures["useful_questions"] or 0)),
            ),
            6,
        )
    )
    return episode.model_copy(update={"measures": measures})


def _target(run: Opened, member: Member) -> ShownItem | None:
    found = run.catalog.find([member.need.target]) if member.need.target else []
    return ShownItem(id=found[0].id, title=found[0].title, relevant=True) if found else None


def _exchange(turn: Turn, number: int, dialogue: Dialogue, member: Member, run: Opened) -> Exchange:
    told = dialogue.told[number] if number < len(dialogue.told) else ()
    need = member.need
    relevant = {*need.relevant, need.target}

    def known(item: str) -> bool | None:
        return True if item in relevant else False if item in need.irrelevant else None

    question = turn.question
    return Exchange(
        said=turn.message,
        acts=dialogue.acts[number] if number < len(dialogue.acts) else (),
        reply=turn.reply,
        asked=None if question is None else Asked(kind=question.kind, field=question.field, text=question.text),
        slate=tuple(
            ShownItem(
                id=r.item.id,
                title=r.item.title,
                relevant=known(r.item.id),
                fits=all(holds(c, r.item) for c in told),
                reason=r.reason,
            )
            for r in turn.slate
        ),
        knows=tuple(p.label(run.catalog.schema) for p in turn.ledger.preferences if _there(p.field, run)),
        trace=tuple(Stage(stage=s.stage, into=s.into, out=s.out, note=s.note, fallback=s.fallback) for s in turn.trace),
        calls=turn.usage.calls,
        tokens_in=turn.usage.tokens_in,
        tokens_out=turn.usage.tokens_out,
        cost=turn.usage.cost,
    )


def _there(field: str | None, run: Opened) -> bool:
    return field is None or field in run.catalog.schema.by_name


def _slates(run: Opened, turns: Sequence[Turn]) -> list[NDArray[np.float32]]:
    vectors = run.catalog.vectors
    if vectors is None:
        return []
    rows = [[run.catalog.row_of(r.item.id) for r in t.slate] for t in turns if t.slate]
    return [np.asarray(vectors[r], dtype=np.float32) for r in rows]


def _timing(episode: Episode, turns: Sequence[Turn], spent: float) -> Timing:
    stages: dict[str, float] = {}
    for turn in turns:
        for stage in turn.trace:
            stages[stage.stage] = stages.get(stage.stage, 0.0) + stage.ms
    return Timing(
        system=episode.system,
        user=episode.user,
        member=episode.member,
        trial=episode.trial,
        ms=round(spent, 3),
        turns_ms=tuple(round(t.usage.ms, 3) for t in turns),
        stages_ms={name: round(ms, 3) for name, ms in stages.items()},
    )
