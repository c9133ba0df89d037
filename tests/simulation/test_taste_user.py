"""The target-free person: steady verdicts, truthful words, nothing held out ever named, and a persona that shows."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from tempfile import mkdtemp

import pytest

from core.items import Item
from core.ledger import Ledger, LedgerPatch, Mark
from core.plan import Recommend, TurnPlan
from core.preferences import Preference
from core.turn import Choice, Conversation, Question, Recommendation, Turn
from simulation.from_ratings import population_from_ratings
from simulation.outlook import Outlook, Outlooks
from simulation.personas import Persona
from simulation.population import Member
from simulation.protocol import Dialogue, End, EndReason, Utterance
from simulation.runner import converse
from simulation.tasks import holds
from simulation.taste_user import TasteUser
from tests.simulation.raters import DOMAINS, RatedCatalog, domain, kind_disliked, kind_liked

USERS = 30
OPEN = Persona(name="open", patience=30, cooperativeness=1, knowledge=1, noise=0, several=0, curiosity=0)


@lru_cache(maxsize=2)
def world(name: str) -> tuple[RatedCatalog, list[Member], Outlooks]:
    catalog = domain(name, Path(mkdtemp()))
    members = population_from_ratings(catalog, USERS, 0)
    return catalog, members, Outlooks.fit(catalog, members, 0)


@pytest.fixture(params=sorted(DOMAINS))
def name(request: pytest.FixtureRequest) -> str:
    return request.param


def turn(number: int, slate: Sequence[Item] = (), question: Question | None = None) -> Turn:
    return Turn(
        conversation="c",
        number=number,
        catalog="c",
        controller="rules",
        message="…",
        plan=TurnPlan(act=Recommend()),
        reply="…",
        slate=tuple(Recommendation(item=i) for i in slate),
        question=question,
        ledger=Ledger(),
    )


def after(*turns: Turn) -> Conversation:
    return Conversation(id="c", catalog="c", turns=turns)


def user(name: str, place: int, persona: Persona = OPEN, seed: int = 0) -> tuple[TasteUser, Outlook]:
    """A person of the population, who has said their first words."""
    catalog, members, outlooks = world(name)
    member = members[place].model_copy(update={"persona": persona})
    outlook = outlooks.of(member)
    person = TasteUser(member, catalog.schema, outlook, seed)
    assert isinstance(person.next(after()), Utterance)
    return person, outlook


def refused(catalog: RatedCatalog, outlook: Outlook) -> list[Item]:
    """What this person neither knows nor takes."""
    return [i for i in catalog.items if outlook.verdict(i.id) == "passes"]


def shuffled(catalog: RatedCatalog, seed: int, size: int = 3) -> Callable[[Conversation, str], Turn]:
    """A recommender that shows everything in random order."""
    items = list(catalog.items)
    random.Random(seed).shuffle(items)
    return lambda conversation, _: turn(
        len(conversation.turns) + 1, items[size * len(conversation.turns) :][:size]
    ).model_copy(update={"message": _})


def met(name: str, persona: Persona, recommender: Callable[[RatedCatalog, Outlook, int], object]) -> list[Dialogue]:
    """Everybody of the population with this persona, with a recommender."""
    catalog, members, outlooks = world(name)
    found = []
    for place, each in enumerate(members):
        member = each.model_copy(update={"persona": persona})
        outlook = outlooks.of(member)
        person = TasteUser(member, catalog.schema, outlook, place)
        found.append(converse(recommender(catalog, outlook, place), after(), person, 40))  # type: ignore[arg-type]
    return found


def never_right(catalog: RatedCatalog, outlook: Outlook, seed: int) -> Callable[[Conversation, str], Turn]:
    """A recommender that shows only what will be refused."""
    items = refused(catalog, outlook)
    return lambda conversation, _: turn(len(conversation.turns) + 1, [items[len(conversation.turns) % len(items)]])


def shares(dialogues: Sequence[Dialogue]) -> Counter[str]:
    acts = Counter(act for d in dialogues for message in d.acts for act in message)
    return Counter({act: count / sum(len(d.turns) for d in dialogues) for act, count in acts.items()})  # type: ignore[misc]


def test_a_verdict_never_changes(name: str) -> None:
    catalog, members, outlooks = world(name)
    refitted = Outlooks.fit(catalog, members, 0)
    for member in members[:8]:
        one, other = outlooks.of(member), refitted.of(member)
        verdicts = [one.verdict(i.id) for i in catalog.items]
        assert verdicts == [one.verdict(i.id) for i in catalog.items] == [other.verdict(i.id) for i in catalog.items]
        assert len(set(verdicts)) == 3


def test_held_out_ratings_and_what_is_known_decide_first(name: str) -> None:
    _, members, outlooks = world(name)
    for member in members:
        outlook, need = outlooks.of(member), member.need
        assert {outlook.verdict(i) for i in need.known} == {"known"}
        assert {outlook.verdict(i) for i in need.relevant} == {"takes"}
        assert {outlook.verdict(i) for i in need.irrelevant} <= {"passes"}


def test_people_take_more_of_their_kind(name: str) -> None:
    catalog, members, outlooks = world(name)
    taken: Counter[str] = Counter()
    for member in members:
        person, outlook = int(member.id.removeprefix("rater-")), outlooks.of(member)
        for item in catalog.items:
            if item.id not in {*member.need.relevant, *member.need.irrelevant, *member.need.known}:
                taken["loved"] += outlook.chance_of(item.id) * (kind_liked(catalog, person) in item.values("kind"))
                taken["hated"] += outlook.chance_of(item.id) * (kind_disliked(catalog, person) in item.values("kind"))
    assert taken["loved"] > 4 * taken["hated"]


def test_nobody_names_what_is_held_out(name: str) -> None:
    catalog, members, outlooks = world(name)
    words = 0
    for seed, member in enumerate(members * 2):
        held = [catalog.item(i).title for i in (*member.need.relevant, *member.need.irrelevant)]
        person = TasteUser(member, catalog.schema, outlooks.of(member), seed)
        dialogue = converse(shuffled(catalog, seed), after(), person, 12)
        for message in (t.message for t in dialogue.turns):
            words += len(message.split())
            assert not [t for t in held if t.casefold() in message.casefold().replace(",", " ").split()], message
    assert words > 100


def test_a_title_that_something_held_out_shares_is_never_said(name: str) -> None:
    catalog, members, outlooks = world(name)
    member = members[0]
    shared = catalog.item(member.need.liked[0]).title
    twin = catalog.item(member.need.relevant[0])
    renamed = RatedCatalog(
        catalog.name,
        catalog.schema,
        [i.model_copy(update={"title": shared}) if i == twin else i for i in catalog.items],
    )
    assert shared in outlooks.of(member).titles
    assert shared not in Outlooks(renamed, outlooks.model, outlooks.table).of(member).titles


def test_they_take_what_they_like_and_say_what_they_know(name: str) -> None:
    catalog, members, _ = world(name)
    person, outlook = user(name, 0)
    bad, known = refused(catalog, outlook)[0], catalog.item(members[0].need.known[0])
    said = person.next(after(turn(1, [bad, known])))
    assert isinstance(said, Utterance)
    assert said.acts == ("say_known",)
    assert known.title in said.text
    end = person.next(after(turn(1, [bad, known]), turn(2, [known, catalog.item(members[0].need.relevant[0])])))
    assert isinstance(end, End)
    assert (end.reason, end.item) == (EndReason.accepted, members[0].need.relevant[0])


def test_a_reason_is_true_of_their_taste_and_broken_by_all_that_is_shown(name: str) -> None:
    catalog, members, _ = world(name)
    reasons = 0
    for place in range(len(members)):
        person, outlook = user(name, place)
        before = set(person.told)
        slate = refused(catalog, outlook)[:2]
        said = person.next(after(turn(1, slate)))
        assert isinstance(said, Utterance)
        assert "reject" in said.acts
        facets = [f.constraint for f in (*outlook.preferred, *outlook.avoided)]
        for constraint in set(said.told) - before:
            reasons += 1
            assert constraint in facets
            assert not any(holds(constraint, item) for item in slate)
    assert reasons > 3


def test_questions_are_answered_with_what_they_prefer_there(name: str) -> None:
    _, members, _ = world(name)
    asked = Question(text="Which kind?", kind="preference", field="kind")
    answered = 0
    for place in range(len(members)):
        person, outlook = user(name, place)
        there = [f.constraint for f in outlook.preferred if f.constraint.field == "kind"]
        said = person.next(after(turn(1, question=asked)))
        assert isinstance(said, Utterance)
        if not there:
            assert said.acts == ("no_preference",)
            continue
        answered += 1
        assert said.acts == ("answer",)
        assert any(str(c.value).casefold() in said.text.casefold() for c in there if c in said.told)
    assert answered > len(members) / 2


def test_guesses_and_leave_are_answered_by_their_taste(name: str) -> None:
    catalog, members, _ = world(name)
    place = next(n for n in range(len(members)) if user(name, n)[1].avoided and user(name, n)[1].preferred)
    person, outlook = user(name, place)
    avoided = outlook.avoided[0].constraint
    fine = next(f.constraint for f in outlook.preferred if f.constraint.field == "kind")

    def asked(patch: LedgerPatch) -> Utterance:
        question = Question(text="?", kind="confirm", choices=(Choice(label="yes", patch=patch),))
        said = person.next(after(turn(1, question=question)))
        assert isinstance(said, Utterance)
        assert said.acts == ("confirm",)
        return said

    assert asked(LedgerPatch(agree=(f"{avoided.field}={avoided.value}",))).agrees is False
    assert asked(LedgerPatch(agree=(f"{fine.field}={fine.value}",))).agrees is True
    assert asked(LedgerPatch(put=(Preference(field="kind", op="any_of", value=(str(fine.value),)),))).agrees is True
    assert asked(LedgerPatch(put=(Preference(field="kind", op="any_of", value=(str(avoided.value),)),))).agrees is False
    liked = catalog.item(members[place].need.liked[0])
    choices = (
        Choice(label="another", patch=LedgerPatch(marks=(Mark(item="elsewhere", opinion="liked"),))),
        Choice(label=liked.title, patch=LedgerPatch(marks=(Mark(item=liked.id, opinion="liked"),))),
    )
    said = person.next(after(turn(1, question=Question(text="Which?", kind="which_item", choices=choices))))
    assert isinstance(said, Utterance)
    assert said.text == liked.title


def test_what_is_let_go_is_told_no_more(name: str) -> None:
    _, members, _ = world(name)
    asked = Question(text="Which kind?", kind="preference", field="kind")
    place = next(
        n for n in range(len(members)) if any(f.constraint.field == "kind" for f in user(name, n)[1].preferred)
    )
    person, _ = user(name, place)
    person.next(after(turn(1, question=asked)))
    told = next(c for c in person.told if c.field == "kind")
    ledger = Ledger().apply(LedgerPatch(put=(Preference(field="kind", op="any_of", value=(str(told.value),)),))).ledger
    letting = Choice(label="anything", patch=LedgerPatch(drop=(ledger.preferences[0].id,)))
    relax = turn(2, question=Question(text="Which may go?", kind="relax", choices=(letting,)))
    said = person.next(after(turn(1), relax).model_copy(update={"ledger": ledger}))
    assert isinstance(said, Utterance)
    assert said.acts == ("release",)
    assert told not in said.told


def test_an_item_asked_about_is_still_there_to_be_taken(name: str) -> None:
    catalog, members, _ = world(name)
    person, _ = user(name, 0, OPEN.model_copy(update={"curiosity": 1.0}))
    good = turn(1, [catalog.item(members[0].need.relevant[0])])
    said = person.next(after(good))
    assert isinstance(said, Utterance)
    assert said.acts == ("ask",)
    end = person.next(after(good, turn(2)))
    assert isinstance(end, End)
    assert end.item == members[0].need.relevant[0]


def test_the_same_seed_says_the_same(name: str) -> None:
    catalog, members, outlooks = world(name)

    def dialogue(seed: int) -> Dialogue:
        person = TasteUser(members[1], catalog.schema, outlooks.of(members[1]), seed)
        return converse(shuffled(catalog, 5), after(), person, 12)

    assert dialogue(4) == dialogue(4)
    assert len({dialogue(seed).turns[0].message for seed in range(12)}) > 3


def test_who_has_no_history_still_talks(name: str) -> None:
    catalog, _, outlooks = world(name)
    nobody = Member(id="nobody", need={}, persona=OPEN)  # type: ignore[arg-type]
    outlook = outlooks.of(nobody)
    dialogue = converse(never_right(catalog, outlook, 0), after(), TasteUser(nobody, catalog.schema, outlook, 0), 40)  # type: ignore[arg-type]
    assert dialogue.ending == EndReason.given_up
    assert dialogue.acts[0] == ("open",)


def test_personas_show_in_what_is_done(name: str) -> None:
    def met_with(**behaviour: float) -> tuple[list[Dialogue], Counter[str]]:
        base = {"patience": 8, "noise": 0, "cooperativeness": 0.9, "knowledge": 0.8, "curiosity": 0.1, "several": 0.3}
        dialogues = met(name, Persona(**{**base, **behaviour}), never_right)  # type: ignore[arg-type]
        return dialogues, shares(dialogues)

    for patience in (3, 9):
        dialogues, _ = met_with(patience=patience)
        assert {len(d.turns) for d in dialogues} == {patience}
        assert {d.ending for d in dialogues} == {EndReason.given_up}
    assert met_with(curiosity=0.6)[1]["ask"] > met_with(curiosity=0.05)[1]["ask"] + 0.1
    assert met_with(knowledge=0.1)[1]["open"] > met_with(knowledge=1.0)[1]["open"] + 0.05
    assert met_with(cooperativeness=1.0)[1]["critique"] > met_with(cooperativeness=0.1)[1]["critique"] + 0.05
    assert met_with(wavering=0.6)[1]["change"] > met_with(wavering=0.0)[1]["change"] == 0


def test_uncooperative_people_leave_questions_open(name: str) -> None:
    asked = Question(text="Which kind?", kind="preference", field="kind")
    told: dict[float, int] = {}
    for cooperativeness in (0.1, 1.0):
        said = [
            user(name, n, OPEN.model_copy(update={"cooperativeness": cooperativeness}))[0].next(
                after(turn(1, question=asked))
            )
            for n in range(USERS)
        ]
        told[cooperativeness] = sum("chat" not in s.acts for s in said if isinstance(s, Utterance))
    assert told[1.0] == USERS
    assert told[0.1] < USERS / 2


def test_somebody_who_is_not_followed_leaves(name: str) -> None:
    person, _ = user(name, 2)
    moves = [person.next(after(*(turn(n) for n in range(1, count + 1)))) for count in range(1, 6)]
    ends = [m for m in moves if isinstance(m, End)]
    assert ends
    assert ends[0].reason == EndReason.nothing_fits
