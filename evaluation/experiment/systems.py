"""Systems: the recommenders of an experiment, each a controller or a baseline with settings of its own."""

from __future__ import annotations

from typing import Literal, get_args

from core.errors import BadInput
from core.values import Value

RecommenderName = Literal["rules", "model", "popularity", "random"]
RECOMMENDERS: tuple[RecommenderName, ...] = get_args(RecommenderName)
OWN = frozenset({"asking", "without", "slate_size", "tagger", "vector_index", "history_turns", "model"})
"""Settings that a system of an experiment may have of its own."""


class System(Value):
    """A recommender under test."""

    name: str
    """How it is called in tables; unique within an experiment."""
    recommender: RecommenderName
    settings: dict[str, str] = {}

    @property
    def baseline(self) -> bool:
        """Whether it does not listen."""
        return self.recommender in {"popularity", "random"}


def parse_system(text: str) -> System:
    """A system as named on the command line: NAME, or NAME:key=value,key=value with settings of its own.

    Raises BadInput for a recommender or a setting that there is not.
    """
    name, _, rest = text.strip().partition(":")
    recommender = next((r for r in RECOMMENDERS if r == name), None)
    if recommender is None:
        raise BadInput(f"There is no recommender {name!r}.", f"There are: {', '.join(RECOMMENDERS)}.")
    settings = {}
    for pair in filter(None, rest.split(",")):
        key, given, value = pair.partition("=")
        if not given or key.strip() not in OWN:
            raise BadInput(
                f"{pair!r} is no setting a system can have of its own.",
                f"Write NAME:key=value,key=value with keys out of: {', '.join(sorted(OWN))}.",
            )
        settings[key.strip()] = value.strip().replace("+", ",")
    if settings and recommender in {"popularity", "random"}:
        raise BadInput(f"The baseline {name!r} has no settings.", f"Write {name} alone.")
    return System(name=text.strip(), recommender=recommender, settings=settings)
