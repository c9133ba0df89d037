"""Prompts over MCP: ways to use the tools, made from a catalogue's schema; what the person gives stands in fences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import mcp_types as types

from agent.access import Access
from api.mcp_calls import CATALOG, chosen
from core.errors import BadInput
from prompts import render

LONGEST = 2000
"""Letters of an argument."""


@dataclass(frozen=True)
class Recipe:
    """One prompt."""

    name: str
    """Names its template under prompts/mcp too."""
    title: str
    description: str
    takes: Mapping[str, str]
    """Descriptions of its arguments by name."""
    optional: frozenset[str] = frozenset()


RECIPES = (
    Recipe(
        "recommend",
        "Recommend something",
        "Let the recommender lead a conversation that begins with a wish.",
        {"wish": "What the person feels like, in their own words."},
    ),
    Recipe(
        "compare",
        "Compare two",
        "Set two items of a catalogue side by side.",
        {"first": "A title.", "second": "Another title."},
    ),
    Recipe(
        "something_like",
        "Something like this",
        "Find items like one the person knows.",
        {"known": "Its title.", "but": "What should be different about them."},
        frozenset({"but"}),
    ),
)


def listed(access: Access) -> list[types.Prompt]:
    """The prompts, with a catalogue to be named where this caller may use several."""
    several = len(access.catalogs()) > 1
    return [_prompt(recipe, several=several) for recipe in RECIPES]


def rendered(access: Access, name: str, given: Mapping[str, str]) -> types.GetPromptResult:
    """A prompt with its arguments; raises BadInput and UnknownCatalog."""
    recipe = recipe_of(name)
    rest = dict(given)
    catalog = chosen(access, rest.pop(CATALOG, None) or None)
    _check(recipe, rest)
    schema = access.room(catalog).catalog.schema
    words = {argument: rest.get(argument, "") for argument in recipe.takes}
    prompt = render(
        f"mcp/{name}",
        catalog=catalog,
        title=schema.title,
        many=schema.noun.many,
        fields=[field.name for field in schema.fields],
        **words,
    )
    text = types.TextContent(text=f"{prompt.system}\n\n{prompt.user}")
    return types.GetPromptResult(
        description=recipe.description, messages=[types.PromptMessage(role="user", content=text)]
    )


def recipe_of(name: str) -> Recipe:
    """The prompt of this name; raises BadInput."""
    for recipe in RECIPES:
        if recipe.name == name:
            return recipe
    raise BadInput(f"There is no prompt {name[:80]!r}.", f"There are: {', '.join(r.name for r in RECIPES)}.")


def _check(recipe: Recipe, given: Mapping[str, str]) -> None:
    for argument in given:
        if argument not in recipe.takes:
            raise BadInput(f"{recipe.name} takes nothing called {argument[:40]!r}.", f"It takes: {_names(recipe)}.")
    for argument in recipe.takes:
        text = given.get(argument, "").strip()
        if not text and argument not in recipe.optional:
            raise BadInput(f"{recipe.name} needs {argument}.", f"It takes: {_names(recipe)}.")
        if len(text) > LONGEST:
            raise BadInput(f"{argument} is longer than {LONGEST} letters.", "Say it shorter.")


def _names(recipe: Recipe) -> str:
    return ", ".join((*recipe.takes, CATALOG))


def _prompt(recipe: Recipe, *, several: bool) -> types.Prompt:
    arguments = [
        types.PromptArgument(name=name, description=said, required=name not in recipe.optional)
        for name, said in recipe.takes.items()
    ]
    arguments.append(types.PromptArgument(name=CATALOG, description="Name of the catalogue.", required=several))
    return types.Prompt(name=recipe.name, title=recipe.title, description=recipe.description, arguments=arguments)
