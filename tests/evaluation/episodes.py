"""Believable episodes of experiments that nobody ran, for tests of what is made of episodes."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from evaluation.experiment.episodes import Asked, Episode, Exchange, Measures, ShownItem, Stage, Timing, UserKind
from simulation.protocol import EndReason, UserAct


@dataclass(frozen=True)
class Domain:
    """What a made-up catalogue holds."""

    name: str
    noun: str
    first: tuple[str, ...]
    second: tuple[str, ...]
    fields: dict[str, tuple[str, ...]]
    """Category fields with their values."""

    @cached_property
    def items(self) -> list[tuple[str, str, dict[str, str]]]:
        """(id, title, facts) of every item."""
        titles = [f"{a} {b}" for a in self.first for b in self.second]
        chance = random.Random(7)
        return [
            (f"{self.name}-{n}", title, {name: chance.choice(values) for name, values in self.fields.items()})
            for n, title in enumerate(titles)
        ]


TEAS = Domain(
    "teas",
    "tea",
    ("Golden", "Jade", "Iron", "Silver", "Misty", "Old Harbour", "Crane", "Winter", "Amber", "Quiet"),
    ("Monkey", "Peak", "Goddess", "Needle", "Valley", "Orchard", "Lantern", "River", "Cloud", "Terrace", "Smoke"),
    {
        "kind": ("green", "black", "oolong", "white"),
        "taste": ("smoky", "floral", "malty", "grassy"),
        "strength": ("mild", "strong"),
    },
)
TRAILS = Domain(
    "trails",
    "trail",
    ("Heron", "Slate", "Birch", "Long", "Hidden", "Saint Anne's", "Drover's", "Lower", "High", "Fox"),
    ("Ridge", "Loop", "Fells", "Gorge", "Causeway", "Meadow", "Bluff", "Tarn", "Steps", "Mile"),
    {
        "ground": ("rock", "grass", "gravel"),
        "view": ("sea", "forest", "open hills"),
        "effort": ("easy", "steady", "hard"),
    },
)


@dataclass(frozen=True)
class System:
    """How a made-up recommender does."""

    name: str
    settings: dict[str, object] = field(default_factory=dict)
    skill: float = 0.3
    """Chance a turn that a slate holds the right item, more with every wish known."""
    asking: float = 0.5
    useful: float = 0.8
    broken: float = 0.05
    """Chance of a shown item to break a wish that was told."""
    repeats: float = 0.02
    failing: float = 0.0
    """Chance of a dialogue to end in an error."""
    tokens: int = 0
    ms: float = 20.0


SYSTEMS = (
    System(
        "model",
        {"controller": "model", "model": "small-chat-v1"},
        skill=0.25,
        asking=0.6,
        useful=0.75,
        broken=0.03,
        repeats=0.01,
        failing=0.01,
        tokens=1_900,
        ms=900.0,
    ),
    System("rules", {"controller": "rules"}, skill=0.24, asking=0.55, useful=0.82, broken=0.02, ms=22.0),
    System(
        "rules-no-questions", {"controller": "rules", "asking": "never"}, skill=0.15, asking=0.0, broken=0.04, ms=19.0
    ),
    System("popularity", {"controller": "popularity"}, skill=0.05, asking=0.0, broken=0.55, repeats=0.0, ms=2.0),
    System("random", {"controller": "random"}, skill=0.015, asking=0.0, broken=0.6, repeats=0.05, ms=1.0),
)
PERSONAS = ("plain", "terse", "chatty", "impatient")
PATIENCE = {"plain": 8, "terse": 7, "chatty": 10, "impatient": 3}


def write_run(
    folder: Path,
    people: int = 40,
    users: Sequence[UserKind] = ("agenda", "taste"),
    systems: Sequence[System] = SYSTEMS,
    trials: int = 1,
    turns: int = 10,
    seed: int = 7,
    domain: Domain = TEAS,
    **manifest: object,
) -> Path:
    """A finished run folder; the same arguments give the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    played = [
        play(domain, system, user, member, trial, turns, seed)
        for user in users
        for system in systems
        for member in range(people)
        for trial in range(trials)
    ]
    write_lines(folder / "dialogues.jsonl", (e for e, _ in played))
    write_lines(folder / "timings.jsonl", (t for _, t in played))
    body = {
        "jobs": len(played),
        "catalog": domain.name,
        "items": len(domain.items),
        "members": people,
        "users": list(users),
        "systems": {s.name: s.settings for s in systems},
        "trials": trials,
        "turns": turns,
        "seed": seed,
        **manifest,
    }
    (folder / "manifest.json").write_text(json.dumps(body, indent=1), encoding="utf-8")
    return folder


def write_lines(file: Path, values: Iterable[Episode | Timing]) -> None:
    file.write_text("".join(f"{v.model_dump_json(exclude_defaults=True)}\n" for v in values), encoding="utf-8")


def episode(
    system: str = "rules", member: str = "p0", user: UserKind = "agenda", trial: int = 0, **more: object
) -> Episode:
    """An episode of which only what matters to a test is told."""
    given: dict[str, object] = {"ending": EndReason.accepted, "seed": 1} | more
    return Episode.model_validate({"system": system, "member": member, "user": user, "trial": trial} | given)


def measured(
    system: str, values: Iterable[float | None], name: str = "success", user: UserKind = "agenda"
) -> list[Episode]:
    """One episode a member with one measure: members p0, p1, …"""
    return [episode(system, f"p{n}", user, measures={name: value}) for n, value in enumerate(values)]


class _Play:
    """One made-up dialogue on its way."""

    def __init__(self, domain: Domain, system: System, user: UserKind, member: int, trial: int, seed: int) -> None:
        person = random.Random(f"{seed}/{domain.name}/{member}")
        self.items = domain.items
        self.noun = domain.noun
        self.system, self.user, self.member, self.trial = system, user, member, trial
        self.target = person.choice(self.items)
        self.wants = dict(person.sample(sorted(self.target[2].items()), k=person.randint(1, len(self.target[2]))))
        self.persona = person.choice(PERSONAS)
        self.activity = person.choice(("heavy", "light"))
        self.trait = person.choice(("mainstream", "niche"))
        self.ease = person.gauss(0, 0.04) + (0.03 if self.activity == "heavy" else 0)
        self.chance = random.Random(f"{seed}/{system.name}/{user}/{member}/{trial}")
        self.told: list[str] = []
        self.shown: list[str] = []
        self.exchanges: list[Exchange] = []
        self.useful = self.again = 0

    def tell(self) -> str:
        """The next wish in words; empty when all are told."""
        rest = [name for name in self.wants if name not in self.told]
        if not rest:
            return ""
        self.told.append(rest[0])
        return f"{rest[0]} should be {self.wants[rest[0]]}"

    def fits(self, facts: dict[str, str]) -> bool:
        return all(facts[name] == self.wants[name] for name in self.told)

    def slate(self, hit: bool) -> tuple[ShownItem, ...]:
        found: list[ShownItem] = []
        fitting = [i for i in self.items if self.fits(i[2]) and i is not self.target]
        others = [i for i in self.items if not self.fits(i[2])]
        for place in range(3):
            if hit and place == 1:
                item = self.target
            elif self.shown and self.chance.random() < self.system.repeats:
                again = self.chance.choice(self.shown)
                item = next(i for i in self.items if i[0] == again)
            else:
                item = self.chance.choice(
                    others if others and self.chance.random() < self.system.broken else fitting or self.items
                )
            if item[0] in {i.id for i in found}:
                continue
            self.again += item[0] in self.shown
            reason = " and ".join(f"{n} is {v}" for n, v in item[2].items() if n in self.told) or "liked by many"
            relevant = None if self.user == "model" else item is self.target
            found.append(
                ShownItem(id=item[0], title=item[1], relevant=relevant, fits=self.fits(item[2]), reason=reason)
            )
        self.shown += [i.id for i in found]
        return tuple(found)


def play(
    domain: Domain, system: System, user: UserKind, member: int, trial: int, turns: int, seed: int
) -> tuple[Episode, Timing]:
    """One dialogue and its time."""
    game = _Play(domain, system, user, member, trial, seed)
    ending, accepted = _held(game, turns)
    asked = sum(x.asked is not None for x in game.exchanges)
    fault = f"after {game.exchanges[-1].said!r}: the model did not answer" if ending is EndReason.agent_failed else ""
    told = Episode(
        system=system.name,
        user=user,
        member=f"p{member}",
        trial=trial,
        seed=seed,
        persona=game.persona,
        segments={"activity": game.activity, "taste": game.trait},
        wants=tuple(
            f"{name} is {value} ({'volunteer' if n == 0 else 'on_ask'})"
            for n, (name, value) in enumerate(game.wants.items())
        ),
        target=None if user == "taste" else ShownItem(id=game.target[0], title=game.target[1]),
        ending=ending,
        accepted=accepted,
        last_word={EndReason.accepted: "That is the one, thanks.", EndReason.given_up: "Never mind."}.get(ending, ""),
        fault=fault,
        exchanges=tuple(game.exchanges),
        measures=_measures(game, accepted, asked, turns),
    )
    per_turn = tuple(round(abs(game.chance.gauss(system.ms, system.ms / 4)) + 0.5, 2) for _ in game.exchanges)
    stages = {
        s: round(sum(per_turn) * share, 2)
        for s, share in (("plan", 0.3), ("retrieve", 0.2), ("rank", 0.35), ("say", 0.15))
    }
    timing = Timing(
        system=system.name,
        user=user,
        member=f"p{member}",
        trial=trial,
        ms=round(sum(per_turn) * 1.2, 2),
        turns_ms=per_turn,
        stages_ms=stages,
    )
    return told, timing


def _held(game: _Play, turns: int) -> tuple[EndReason, str | None]:
    asked: Asked | None = None
    fails = game.chance.random() < game.system.failing
    for number in range(1, turns + 1):
        said, acts, useful = _says(game, number, asked)
        if asked is not None:
            game.useful += useful
        if fails and number == 2:
            return EndReason.agent_failed, None
        asked = _asks(game, number)
        hit = asked is None and game.chance.random() < game.system.skill * (0.3 + 0.4 * len(game.told)) + game.ease
        slate = () if asked else game.slate(hit)
        game.exchanges.append(_exchange(game, said, acts, asked, slate))
        if hit:
            return EndReason.accepted, game.target[0]
        if number >= PATIENCE[game.persona]:
            return EndReason.given_up, None
    return EndReason.turn_limit, None


def _says(game: _Play, number: int, asked: Asked | None) -> tuple[str, tuple[UserAct, ...], bool]:
    if number == 1:
        return f"Hello, I am looking for a {game.noun}. The {game.tell()}, please.", ("open", "tell"), False
    if asked is not None:
        if game.chance.random() < game.system.useful and (wish := game.tell()):
            return f"The {wish}.", ("answer",), True
        return "I have no preference there.", ("no_preference",), False
    if game.chance.random() < 0.25 and (wish := game.tell()):
        return f"Not these. The {wish}.", ("reject", "tell"), False
    return (
        game.chance.choice(("None of these, thanks.", "Something else, please.", "Not quite it.")),
        ("reject",),
        False,
    )


def _asks(game: _Play, number: int) -> Asked | None:
    if number > 4 or game.chance.random() >= game.system.asking / number:
        return None
    name = game.chance.choice(sorted(game.target[2]))
    return Asked(kind="preference", field=name, text=f"What should the {name} be like?")


def _exchange(
    game: _Play, said: str, acts: tuple[UserAct, ...], asked: Asked | None, slate: tuple[ShownItem, ...]
) -> Exchange:
    left = max(3, len(game.items) // (1 + 3 * len(game.told)))
    reply = (
        asked.text
        if asked
        else f"{len(slate)} that fit: " + ", ".join(f"**{i.title}** ({i.reason})" for i in slate) + "."
    )
    used = game.system.tokens
    trace = (
        Stage(
            stage="plan",
            note=f"{'model' if used else 'rules'}: {'ask' if asked else 'recommend'}",
            fallback=bool(used) and game.chance.random() < 0.03,
        ),
        Stage(stage="filter", into=len(game.items), out=left),
        Stage(stage="elicit" if asked else "rank", into=left, out=1 if asked else min(left, 40)),
        Stage(stage="say", out=len(slate), note="model" if used else "rules"),
    )
    return Exchange(
        said=said,
        acts=acts,
        reply=reply,
        asked=asked,
        slate=slate,
        knows=tuple(f"{name}: {game.wants[name]} (must)" for name in game.told),
        trace=trace,
        calls=2 if used else 0,
        tokens_in=used,
        tokens_out=used // 12,
        cost=used * 2e-7 if used else None,
    )


def _measures(game: _Play, accepted: str | None, asked: int, turns: int) -> Measures:
    success = float(accepted is not None)
    slates = [x.slate for x in game.exchanges if x.slate]
    shown = [i for s in slates for i in s]
    used = sum(x.tokens_in + x.tokens_out for x in game.exchanges)
    return {
        "success": success,
        "turns": float(len(game.exchanges) if success else turns + 1),
        "success_at/5": success * (len(game.exchanges) <= 5),
        "recall": success if game.user == "taste" else None,
        "ndcg": round(success / (1 + len(slates) / 4), 4) if game.user == "taste" else None,
        "satisfied": round(sum(i.fits for i in shown) / len(shown), 4) if shown else None,
        "repeated": float(game.again),
        "questions": float(asked),
        "useful_questions": float(game.useful),
        "diversity": round(0.5 + game.chance.random() / 4, 4) if shown else None,
        "grounded": round(1 - game.chance.random() / 50, 4) if shown else None,
        "satisfaction": round(min(1.0, 0.2 + 0.6 * success + game.chance.random() / 5), 4),
        "judged": None,
        "leak": float(game.chance.random() < 0.003),
        "contradiction": float(game.chance.random() < 0.01),
        "early_accept": float(game.chance.random() < 0.02) if success else None,
        "calls": float(sum(x.calls for x in game.exchanges)),
        "tokens": float(used),
        "cost": round(used * 2e-7, 6) if used else None,
    }
