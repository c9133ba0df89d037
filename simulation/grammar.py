"""A grammar of surface forms: rules that expand into each other, drawn by seed, and countable."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml

_RULE = re.compile(r"<([a-z_]+)>")


@dataclass(frozen=True)
class Grammar:
    """Rules by name; `<name>` in an expansion stands for any expansion of that rule."""

    rules: Mapping[str, Sequence[str]]

    def __post_init__(self) -> None:
        """Raises ValueError for a rule that names one that is not there, or that leads back to itself."""
        for name in self.rules:
            self.forms(name)

    def draw(self, rule: str, chance: random.Random) -> str:
        """One expansion; what stands in braces is left for the caller to fill."""
        return _RULE.sub(lambda found: self.draw(found[1], chance), chance.choice(self.rules[rule]))

    def forms(self, rule: str, within: tuple[str, ...] = ()) -> int:
        """How many ways there are to expand a rule."""
        if rule in within or rule not in self.rules:
            raise ValueError(f"the rule {rule!r} {'leads back to itself' if rule in within else 'is not there'}")
        total = 0
        for expansion in self.rules[rule]:
            ways = 1
            for name in _RULE.findall(expansion):
                ways *= self.forms(name, (*within, rule))
            total += ways
        return total


@lru_cache(maxsize=2)
def shipped(name: str) -> Grammar:
    """A grammar of `simulation/grammars`."""
    text = (Path(__file__).parent / "grammars" / f"{name}.yaml").read_text(encoding="utf-8")
    return Grammar(yaml.safe_load(text))
