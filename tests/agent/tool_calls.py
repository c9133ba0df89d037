"""One or more calls of every tool on each demo catalogue, and what the model answers where one is asked."""

from __future__ import annotations

from typing import Any

Call = tuple[str, dict[str, Any]]


def calls(title: str, text: str, wish: dict[str, Any], beyond: dict[str, Any], fields: list[str]) -> list[Call]:
    """Calls about an item, by a text, under a wish that can be met and with one beside it that cannot."""
    return [
        ("search", {"query": text, "count": 3}),
        ("find_title", {"title": title}),
        ("find_title", {"title": "nothing is called so"}),
        ("lookup", {"ids": ["$item"], "fields": fields}),
        ("lookup", {"ids": ["$item"]}),
        ("compare", {"ids": ["$item", "$other"], "fields": fields, "direction": "more"}),
        ("compare", {"ids": ["$item", "$other"]}),
        ("similar", {"ids": ["$item"], "count": 3}),
        ("retrieve", {"route": "popular", "count": 3}),
        ("retrieve", {"route": "generative", "titles": [title, "A Title of Nobody's (1901)"]}),
        ("filter", {"wishes": [wish]}),
        ("relax", {"wishes": [wish, beyond]}),
        ("question", {"wishes": [wish]}),
        ("question", {"wishes": [wish, beyond]}),
        ("recommend", {"wishes": [wish], "liked": ["$item"], "count": 2}),
        ("recommend", {"wishes": [wish, beyond]}),
        ("rerank", {"ids": ["$item", "$other"], "gate": False}),
        ("rerank", {"ids": ["$item", "$other"], "strategy": "rating"}),
    ]


CALLS: dict[str, list[Call]] = {
    "films": calls(
        "Alien",
        "a heist that goes wrong",
        {"field": "genres", "op": "any_of", "value": ["comedy"]},
        {"field": "runtime", "op": "lt", "value": 20},
        ["runtime", "genres", "directors"],
    ),
    "books": calls(
        "Emma",
        "an island and a shipwreck",
        {"field": "genres", "op": "any_of", "value": ["mystery"]},
        {"field": "pages", "op": "lt", "value": 5},
        ["pages", "genres", "authors"],
    ),
}
ANSWERS = ['{"order": [2, 1]}', '{"ratings": [{"card": 1, "rating": 2}, {"card": 2, "rating": 4}]}']
"""What the model says, call by call."""


def filled(given: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    """The call with ids in the places of $item and $other."""
    return {k: [names.get(i, i) for i in v] if k in {"ids", "liked"} else v for k, v in given.items()}


def timeless(told: Any) -> Any:
    """An answer without clock readings."""
    if isinstance(told, dict):
        return {k: timeless(v) for k, v in told.items() if k != "ms"}
    return [timeless(v) for v in told] if isinstance(told, list) else told
