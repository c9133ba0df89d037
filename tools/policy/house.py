"""The house's rules, as its schema declares them: what may not be shown, what is asked first, what must be said."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from core.items import Item
from core.ledger import Ledger, LedgerPatch
from core.preferences import Preference, Verdict
from core.profile import Profile
from core.schema import CatalogSchema, Policy
from core.turn import Choice, Question, Recommendation
from tools.filtering.masks import may_be_unknown
from tools.filtering.receipt import verdict
from tools.policy.own import OwnRules

GUEST = Profile()
YES = ("yes", "fine", "that's fine", "ok", "okay", "no problem", "sure", "i don't mind", "works for me", "all right")
NO = ("no", "rather not", "please not", "no thanks", "none of those")


def demands(schema: CatalogSchema, profile: Profile) -> tuple[Preference, ...]:
    """What the house asks of every item for this person, as hard preferences no wording can release.

    Policy "available": something of what the person has at hand; nothing is asked while nothing is known of that.
    """
    made = []
    for number, policy in enumerate(p for p in schema.policies if p.rule == "available"):
        held = profile.has.get(policy.field or "", ())
        if held:
            made.append(
                Preference(
                    id=f"house{number + 1}", field=policy.field, op="any_of", value=tuple(held), scope="person",
                    quote="what you have",
                )
            )  # fmt: skip
    return tuple(made)


def violations(
    item: Item, ledger: Ledger, schema: CatalogSchema, profile: Profile = GUEST, own: OwnRules | None = None
) -> tuple[str, ...]:
    """Names of the declared rules that showing this item would break, and "not_liked" for one they named as liked.

    `own`: what implements the schema's rules of its own; raises OperatorMustFix where it has some and this is None.
    """
    lists: dict[str, Collection[str]] = {
        "not_seen": ledger.seen,
        "not_disliked": ledger.disliked,
        "not_shown": ledger.shown,
    }
    broken = [p.rule for p in schema.policies if item.id in lists.get(p.rule, ())]
    broken += ["confirm_first" for policy, _ in unconfirmed(item, ledger, schema) if policy]
    if any(verdict(demand, item, schema) != "passed" for demand in demands(schema, profile)):
        broken.append("available")
    broken += (own or OwnRules.of(schema, {})).violated(item, ledger, profile)
    return (*dict.fromkeys(broken), *(("not_liked",) if item.id in ledger.liked else ()))


def unconfirmed(item: Item, ledger: Ledger, schema: CatalogSchema) -> list[tuple[Policy, str]]:
    """The values of an item that must be confirmed first and have not been."""
    return [
        (policy, value)
        for policy in schema.policies
        if policy.rule == "confirm_first"
        for value in map(str, item.values(policy.field or ""))
        if value in policy.values and agreement(policy.field or "", value) not in ledger.agreed
    ]


def agreement(field: str, value: str) -> str:
    """How a confirmation stands in the ledger."""
    return f"{field}={value}"


def confirm_question(found: Iterable[tuple[Policy, str]], schema: CatalogSchema) -> Question | None:
    """The question that settles the values found, of one policy; None when there are none."""
    pairs = list(found)
    if not pairs:
        return None
    policy = pairs[0][0]
    spec = schema.field(policy.field or "")
    values = tuple(v for v in policy.values if any(p is policy and v == value for p, value in pairs))
    named = " or ".join(values)
    agree = LedgerPatch(agree=tuple(agreement(spec.name, v) for v in values))
    refuse = Preference(field=spec.name, op="any_of", value=values, polarity="avoid", quote=f"no {named}")
    return Question(
        text=f"Some of what fits has the {spec.title} {named}. Is that all right for you?",
        kind="confirm",
        field=spec.name,
        choices=(
            Choice(label=f"yes, {named} is fine", patch=agree, aliases=YES),
            Choice(label=f"no, not {named}", patch=LedgerPatch(put=(refuse,)), aliases=NO),
        ),
    )


def most_at_once(schema: CatalogSchema, wanted: int) -> int:
    """How many items a slate may hold."""
    return 1 if schema.policy("one_at_a_time") else wanted


def notices(item: Item, schema: CatalogSchema) -> tuple[str, ...]:
    """What the house must say with an item: "promoted" where sponsored items are to be disclosed."""
    spec = schema.role("sponsored")
    told = schema.policy("disclose_sponsored") is not None
    return ("promoted",) if told and spec is not None and any(item.values(spec.name)) else ()


def guard(
    slate: Sequence[Recommendation],
    ledger: Ledger,
    schema: CatalogSchema,
    profile: Profile = GUEST,
    own: OwnRules | None = None,
) -> tuple[Recommendation, ...]:
    """The slate without what breaks a rule or fails a hard preference, checked anew from the items themselves."""
    kept = tuple(
        r
        for r in slate
        if not violations(r.item, ledger, schema, profile, own) and not fails(r.item, ledger.hard, schema)
    )
    return kept[: most_at_once(schema, len(kept))]


def fails(item: Item, hard: Sequence[Preference], schema: CatalogSchema) -> bool:
    """Whether a hard preference is failed, or rests on a fact that nothing vouches for (free text aside)."""
    return any(breaks(preference, verdict(preference, item, schema), schema) for preference in hard)


def breaks(preference: Preference, told: Verdict, schema: CatalogSchema) -> bool:
    """Whether an item with this verdict on a hard preference may not be shown."""
    vouched = preference.field is None or may_be_unknown(preference, schema)
    return told == "failed" or (told == "unknown" and not vouched)
