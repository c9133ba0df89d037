"""Systems: the recommenders of an experiment, each a controller or a baseline with settings of its own."""

from __future__ import annotations

from agent.extensions import load_extensions
from agent.settings import load_settings
from core.errors import BadInput
from core.turn import ControllerName
from core.values import Value
from evaluation.baselines import BASELINES, is_baseline

OWN = frozenset({"asking", "without", "slate_size", "tagger", "vector_index", "history_turns", "model"})
"""Settings that a system of an experiment may have of its own."""


class System(Value):
    """A recommender under test."""

    name: str
    """How it is called in tables; unique within an experiment."""
    recommender: ControllerName
    """A controller, built in or of an extension that the settings name, or a baseline."""
    settings: dict[str, str] = {}

    @property
    def baseline(self) -> bool:
        """Whether it does not listen."""
        return is_baseline(self.recommender)


def recommenders() -> tuple[str, ...]:
    """Everybody who can answer in an experiment here; raises OperatorMustFix for an extension that cannot be had."""
    return (*load_extensions(load_settings().extensions).controller_names, *BASELINES)


def parse_system(text: str) -> System:
    """A system as named on the command line: NAME, or NAME:key=value,key=value with settings of its own.

    Raises BadInput for a recommender or a setting that there is not.
    """
    name, _, rest = text.strip().partition(":")
    there = recommenders()
    if name not in there:
        raise BadInput(f"There is no recommender {name!r}.", f"There are: {', '.join(there)}.")
    settings = {}
    for pair in filter(None, rest.split(",")):
        key, given, value = pair.partition("=")
        if not given or key.strip() not in OWN:
            raise BadInput(
                f"{pair!r} is no setting a system can have of its own.",
                f"Write NAME:key=value,key=value with keys out of: {', '.join(sorted(OWN))}.",
            )
        settings[key.strip()] = value.strip().replace("+", ",")
    if settings and is_baseline(name):
        raise BadInput(f"The baseline {name!r} has no settings.", f"Write {name} alone.")
    return System(name=text.strip(), recommender=name, settings=settings)
