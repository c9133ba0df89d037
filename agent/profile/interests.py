"""A person's interests in short, written by a model from their profile when they ask for it, never silently.

An interest is kept with the liked items it rests on; one that rests on none of the profile's is dropped. When anything
that the summary was made from leaves the profile, the summary goes with it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence

from pydantic import BaseModel, ValidationError

from agent.models.strict import strict_schema
from agent.profile.tally import Kept, bare
from core.errors import BadInput, ModelBrokeSchema
from core.events import ModelRequest
from core.items import Item
from core.profile import Interest, Interests, Profile
from core.schema import CatalogSchema
from prompts import render
from tools.markup import without_markup

MOST_LIKED, MOST_DISLIKED = 40, 20
"""Items shown to the model, the latest ones."""
MOST_INTERESTS = 5
LONGEST_TEXT, LONGEST_NAME = 300, 40
LONGEST_ANSWER = 600
"""Tokens."""
_WORDS_A_FIELD = 4


class _Named(BaseModel):
    name: str
    numbers: list[int]


class _Answer(BaseModel):
    summary: str
    interests: list[_Named]


def interests_request(profile: Profile, items: Mapping[str, Item], schema: CatalogSchema) -> ModelRequest:
    """The call that sums a profile up; `items` by id. Raises BadInput when there is nothing to sum up."""
    liked, disliked = (_latest(ids, items, most) for ids, most in _lists(profile))
    if not liked and not profile.preferences:
        raise BadInput("There is nothing to sum up yet.", "Like a few items first, or use `tastemaker profile add`.")
    shown = render(
        "interests",
        purpose=schema.purpose,
        many=schema.noun.many,
        longest=LONGEST_TEXT,
        most=MOST_INTERESTS,
        wishes=[f"{p.polarity}: {p.model_copy(update={'polarity': 'want'}).label(schema)}" for p in profile.preferences
                if p.field is None or p.field in schema.by_name],
        liked=[_shown(item, schema) for item in liked],
        disliked=[_shown(item, schema) for item in disliked],
    )  # fmt: skip
    return ModelRequest(
        call="interests",
        system=shown.system,
        user=shown.user,
        json_schema=strict_schema(_Answer),
        prompt_hash=shown.hash,
        longest=LONGEST_ANSWER,
    )


def read_interests(
    text: str, profile: Profile, items: Mapping[str, Item], request: ModelRequest, *, model: str, at: float
) -> Interests:
    """What a model answered to `request`, as far as it holds; raises ModelBrokeSchema when it holds no sentence."""
    try:
        answer = _Answer.model_validate_json(text)
    except ValidationError:
        raise ModelBrokeSchema("The model's summary is not what it was asked for.", "Try again.") from None
    said = without_markup(answer.summary)
    if not said or len(said) > LONGEST_TEXT:
        raise ModelBrokeSchema("The model's summary is empty or too long.", "Try again.")
    liked = _latest(profile.liked, items, MOST_LIKED)
    return Interests(
        text=said,
        interests=tuple(_checked(answer.interests, liked))[:MOST_INTERESTS],
        model=model,
        prompt=request.prompt_hash,
        at=at,
        version=version_of(profile),
        sources=tuple(sorted(sources_of(profile))),
    )


def put_interests(kept: Kept, interests: Interests) -> Kept:
    """The profile with a summary, in the place of the one before."""
    return kept.model_copy(update={"profile": kept.profile.model_copy(update={"interests": interests})})


def still_true(kept: Kept) -> Kept:
    """The profile without its summary when something that was made from has left."""
    held = kept.profile.interests
    if held is None or set(held.sources) <= sources_of(kept.profile):
        return kept
    return kept.model_copy(update={"profile": kept.profile.model_copy(update={"interests": None})})


def interest_lines(profile: Profile) -> tuple[str, ...]:
    """What a prompt may say of a person's interests, at most two lines; nothing where there is no summary.

    The sentence is told as long as the profile is the one it was made from, an interest as long as all it rests on is
    still liked.
    """
    held = profile.interests
    if held is None:
        return ()
    liked = set(profile.liked)
    into = [f"{i.name} ({'; '.join(i.titles)})" for i in held.interests if set(i.items) <= liked]
    lines = [f"in short: {held.text}"] if held.version == version_of(profile) else []
    return (*lines, *([f"seems to be into: {', '.join(into)}"] if into else ()))


def version_of(profile: Profile) -> str:
    """A hash of everything a summary is made from."""
    return hashlib.sha256("\n".join(sorted(sources_of(profile))).encode()).hexdigest()[:16]


def sources_of(profile: Profile) -> set[str]:
    """Every piece that a summary is made from."""
    said = {f"said:{hashlib.sha256(bare(p).model_dump_json().encode()).hexdigest()[:12]}" for p in profile.preferences}
    return said | {f"liked:{i}" for i in profile.liked} | {f"disliked:{i}" for i in profile.disliked}


def _lists(profile: Profile) -> tuple[tuple[Sequence[str], int], tuple[Sequence[str], int]]:
    return (profile.liked, MOST_LIKED), (profile.disliked, MOST_DISLIKED)


def _latest(ids: Sequence[str], items: Mapping[str, Item], most: int) -> list[Item]:
    return [items[i] for i in ids if i in items][-most:]


def _shown(item: Item, schema: CatalogSchema) -> str:
    """An item in one line: its title and what kind it is."""
    specs = [
        spec for spec in schema.fields if spec.type == "category" and (spec.card or spec.role in {"genre", "mood"})
    ]
    facts = [", ".join(map(str, item.values(spec.name)[:_WORDS_A_FIELD])) for spec in specs]
    return " · ".join([item.title, *(f for f in facts if f)])


def _checked(named: Sequence[_Named], liked: Sequence[Item]) -> Iterator[Interest]:
    """The interests that have a name and rest on liked items."""
    for one in named:
        name = without_markup(one.name)
        rests = [liked[n - 1] for n in dict.fromkeys(one.numbers) if 1 <= n <= len(liked)]
        if name and len(name) <= LONGEST_NAME and rests:
            yield Interest(name=name, items=tuple(i.id for i in rests), titles=tuple(i.title for i in rests))
