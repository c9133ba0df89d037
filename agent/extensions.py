"""Extensions: what code from elsewhere adds to this program, named in the settings or given to `build`."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any, get_args

from core.errors import OperatorMustFix
from core.plan import Route
from core.turn import BuiltInController
from tools.policy.own import Broken

if TYPE_CHECKING:
    from agent.room import Room
    from agent.toolbox import Tool
    from agent.turn import Planner
    from ingest.source import Reader
    from tools.catalog.store import StoredCatalog
    from tools.ranking.ranker import Scorer

BUILT_IN = frozenset({"rules", "model", "auto", "popularity", "random"})
"""Names of controllers, and of baselines that stand beside them in experiments."""
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_RULE = re.compile(r"[a-z0-9][a-z0-9_-]*:[a-z0-9][a-z0-9_-]*")


@dataclass(frozen=True)
class Extension:
    """What one extension adds; every part may be left out."""

    tools: Callable[[Room], Iterable[Tool]] | None = None
    """Tools over the parts of one catalogue, beside the built-in ones."""
    ranker: Callable[[StoredCatalog], Scorer | None] | None = None
    """What stands in the place of the collaborative scorer of a catalogue, under its own name; None: it stays.

    A scorer called "collaborative" speaks as the built-in one does: "people who liked … liked it too".
    """
    readers: Mapping[str, Reader] = field(default_factory=dict)
    """Layouts of sources for `tastemaker catalog import`, by name."""
    policies: Mapping[str, Broken] = field(default_factory=dict)
    """What breaks a rule of the house, by the name under which schemas declare it: WHOSE:NAME."""
    controllers: Mapping[str, Callable[[Room], Planner]] = field(default_factory=dict)
    """Planners over the parts of one catalogue, by the name under which they are chosen."""


@dataclass(frozen=True)
class Extensions:
    """Extensions together, their names held against each other and against what is built in."""

    every: tuple[Extension, ...] = ()

    @classmethod
    def of(cls, extensions: Iterable[Extension]) -> Extensions:
        """Each once; raises OperatorMustFix for a name that is taken or cannot be one."""
        every: list[Extension] = []
        for extension in extensions:
            if not isinstance(extension, Extension):
                raise OperatorMustFix(
                    f"{extension!r} is no extension.", "Give instances of agent.extensions.Extension."
                )
            if not any(extension is other for other in every):
                every.append(extension)
        together = cls(tuple(every))
        _named("reader", [e.readers for e in every], _NAME, _built_in_readers() if together.readers else ())
        _named("policy", [e.policies for e in every], _RULE, ())
        _named("controller", [e.controllers for e in every], _NAME, BUILT_IN)
        return together

    @cached_property
    def readers(self) -> Mapping[str, Reader]:
        """Layouts of sources, by name."""
        return {name: reader for e in self.every for name, reader in e.readers.items()}

    @cached_property
    def policies(self) -> Mapping[str, Broken]:
        """What breaks the rules that schemas may declare, by name."""
        return {name: broken for e in self.every for name, broken in e.policies.items()}

    @cached_property
    def controllers(self) -> Mapping[str, Callable[[Room], Planner]]:
        """Planners, by name."""
        return {name: made for e in self.every for name, made in e.controllers.items()}

    @property
    def controller_names(self) -> tuple[str, ...]:
        """All who can answer: the built-in controllers, then those of extensions."""
        return (*get_args(BuiltInController), *self.controllers)

    def tools(self, room: Room) -> list[Tool]:
        """The tools over one catalogue; raises OperatorMustFix for what is no tool."""
        from agent.toolbox import Tool

        made = [tool for e in self.every if e.tools is not None for tool in e.tools(room)]
        for tool in made:
            if not isinstance(tool, Tool):
                raise OperatorMustFix(f"{tool!r} of an extension is no tool.", "Let it make agent.toolbox.Tool.")
        _named("tool", [dict.fromkeys(tool.name for tool in made)], _NAME, ())
        return made

    def ranker(self, catalog: StoredCatalog) -> Scorer | None:
        """The ranker for one catalogue; raises OperatorMustFix for two, and for one that does not score its items."""
        made = [found for e in self.every if e.ranker is not None and (found := e.ranker(catalog)) is not None]
        if len(made) > 1:
            named = " and ".join(scorer.name for scorer in made)
            raise OperatorMustFix(
                f"Two extensions bring a ranker for {catalog.name!r}: {named}.", "Let one of them return None for it."
            )
        return _checked(made[0], catalog) if made else None

    def planner(self, name: str, room: Room) -> Planner:
        """The planner called `name` over one catalogue; raises OperatorMustFix for what does not plan."""
        made = self.controllers[name](room)
        if not callable(getattr(made, "plan", None)):
            raise OperatorMustFix(f"The controller {name!r} has no method plan.", "See agent.turn.Planner.")
        return made


def load_extensions(names: str, given: Iterable[Extension] = ()) -> Extensions:
    """Those named as MODULE:NAME, by commas, and those given; raises OperatorMustFix for one that cannot be had."""
    return Extensions.of([*map(_found, named(names)), *given])


def named(names: str) -> list[str]:
    """The extensions that a setting names."""
    return [name for name in map(str.strip, names.split(",")) if name]


def _found(name: str) -> Extension:
    module, _, attribute = name.partition(":")
    if not (module and attribute) or module.startswith("."):
        raise _no_extension(name, "it is not of the form MODULE:NAME")
    try:
        found: Any = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise _no_extension(name, str(error)) from None
    if not isinstance(found, Extension):
        raise _no_extension(name, f"it is {type(found).__name__}, no agent.extensions.Extension")
    return found


def _no_extension(name: str, why: str) -> OperatorMustFix:
    return OperatorMustFix(
        f"The extension {name!r} cannot be used: {why}.",
        "TASTEMAKER_EXTENSIONS names extensions as MODULE:NAME, by commas; install the module or put it on PYTHONPATH.",
    )


def _named(kind: str, parts: Sequence[Mapping[str, object]], form: re.Pattern[str], taken: Iterable[str]) -> None:
    held = set(taken)
    for name in (name for part in parts for name in part):
        if not form.fullmatch(name):
            raise OperatorMustFix(f"{name!r} cannot be the name of a {kind}.", f"It must match {form.pattern}.")
        if name in held:
            raise OperatorMustFix(f"The name of the {kind} {name!r} is taken.", "Give the extension's another name.")
        held.add(name)


def _built_in_readers() -> Iterable[str]:
    from ingest.importing import READERS

    return READERS


def _checked(scorer: Scorer, catalog: StoredCatalog) -> Scorer:
    from agent.ranking import Weights

    taken = {*get_args(Route), *(part.name for part in fields(Weights)), "wishes", "catalogue", "series", "unlike"}
    if scorer.name in taken - {"collaborative"} or not _NAME.fullmatch(scorer.name):
        raise OperatorMustFix(
            f"{scorer.name!r} cannot be the name of a ranker.",
            "Routes and parts of the score have other names already.",
        )
    shape = scorer.score(()).shape
    if shape != (len(catalog),):
        raise OperatorMustFix(
            f"The ranker {scorer.name!r} gives scores of shape {shape}.",
            f"It must give one for each of the {len(catalog)} items of {catalog.name!r}, in the order of their rows.",
        )
    return scorer
