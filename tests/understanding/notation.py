"""The one-line notation of docs/understanding.md: expected lines and what was really understood, made comparable."""

from __future__ import annotations

import re
from collections.abc import Iterable

from agent.listen import Listened
from core.items import Catalog
from core.plan import TurnPlan, Wish
from core.preferences import Preference
from core.schema import CatalogSchema, Polarity
from core.turn import Conversation
from tests.worlds import MemoryCatalog
from tools.catalog.columns import NumberColumn
from tools.filtering.masks import values_meant
from tools.text import terms

Line = tuple[object, ...]
_PREFERENCE = re.compile(r"^([+-])([!~]) (.+)$")
_BOUND = re.compile(r"^(<=|>=|<|>|=|≤|≥) ?(.+)$")
_RANGE = re.compile(r"^(-?[\d.]+)\.\.(-?[\d.]+)$")
_OPS = {"<": "lt", "<=": "le", "≤": "le", ">": "gt", ">=": "ge", "≥": "ge", "=": "eq"}
_FLIP = {"lt": "ge", "le": "gt", "gt": "le", "ge": "lt"}


def expected_lines(lines: Iterable[str], catalog: MemoryCatalog) -> set[Line]:
    """The lines of a corpus entry in comparable form."""
    return _settled({_parse(line.strip(), catalog) for line in lines})


def actual_lines(plan: TurnPlan, listened: Listened, conversation: Conversation, catalog: Catalog) -> set[Line]:
    """What a plan and its linking amount to, in comparable form."""
    found: set[Line] = set()
    patch, heard = listened.patch, plan.heard
    if heard.travel:
        return {(heard.travel,)}
    if heard.reset:
        found.add(("reset",))
    for preference in patch.put:
        found.add(preference_line(preference, catalog.schema))
    replaced = {w.field for w in heard.wishes if w.replaces}
    for preference_id in patch.drop:
        old = conversation.ledger.find(preference_id)
        if old is not None and old.field not in replaced:
            found.add(("drop", old.field if old.field else _text(str(old.value))))
    found |= {("decline", f) for f in patch.decline}
    items = {i.id: i for i in catalog.find([m.item for m in patch.marks])}
    release = catalog.schema.role("release")
    for mark in patch.marks:
        item = items[mark.item]
        name = f"{item.title} ({item.fields.get(release.name) if release else ''})"
        if mark.opinion == "none":
            found.add(("forget", name))
        elif mark.opinion:
            found.add((mark.opinion, name))
        elif mark.seen is not None:
            found.add(("seen" if mark.seen else "unseen", name))
    return _settled(found)


def preference_line(preference: Preference | Wish, schema: CatalogSchema | None = None) -> Line:
    """A preference in comparable form: refused bounds as the opposite bound, bounds in an order as its values."""
    sign = "+" if preference.polarity == "want" else "-"
    force = "!" if preference.strength == "hard" else "~"
    op, value = str(preference.op), preference.value
    if preference.field is None:
        return (sign, force, None, _text(str(value)))
    if sign == "-" and op in _FLIP:
        sign, op = "+", _FLIP[op]
    spec = schema.field(preference.field) if schema else None
    if spec is not None and spec.order and op in {"lt", "le", "gt", "ge"}:
        return (sign, force, preference.field, frozenset(values_meant(_as_preference(preference, sign, op), spec)))
    if op == "between" and isinstance(value, tuple):
        return (sign, force, preference.field, "between", float(value[0]), float(value[1]))
    if op in {"lt", "le", "gt", "ge"} or (op == "eq" and isinstance(value, int | float)):
        return (sign, force, preference.field, op, _number(value))
    values = value if isinstance(value, tuple) else (value,)
    together = ("together",) if op == "all_of" and len(values) > 1 else ()
    return (sign, force, preference.field, *together, frozenset(str(v) for v in values))


def _parse(line: str, catalog: MemoryCatalog) -> Line:
    match = _PREFERENCE.match(line)
    if match:
        return _parse_preference(match.group(1), match.group(2), match.group(3), catalog)
    verb, _, rest = line.partition(" ")
    if verb in {"liked", "disliked", "seen", "unseen", "forget"}:
        return (verb, rest)
    if verb == "drop":
        return ("drop", _text(rest.strip('"'))) if rest.startswith('"') else ("drop", rest.split()[0])
    if verb == "decline":
        return ("decline", rest)
    return (verb,)


def _parse_preference(sign: str, force: str, text: str, catalog: MemoryCatalog) -> Line:
    if text.startswith('"'):
        return (sign, force, None, _text(text.strip('"')))
    field, _, value = text.partition(" ")
    spec = catalog.schema.field(field)
    bound = _BOUND.match(value)
    if bound and spec.order:
        op = _OPS[bound.group(1)]
        meant = Preference(
            field=field,
            op=op,  # type: ignore[arg-type]
            value=bound.group(2),
            polarity="want" if sign == "+" else "avoid",
            strength="hard" if force == "!" else "soft",
        )
        return preference_line(meant, catalog.schema)
    if bound and spec.type == "number":
        op, number = _OPS[bound.group(1)], _number(_share(bound.group(2), field, catalog))
        if sign == "-" and op in _FLIP:
            sign, op = "+", _FLIP[op]
        return (sign, force, field, op, number)
    between = _RANGE.match(value)
    if between and spec.type == "number":
        return (sign, force, field, "between", float(between.group(1)), float(between.group(2)))
    if "&" in value:  # all of them together
        return (sign, force, field, "together", frozenset(v.strip() for v in value.split("&")))
    return (sign, force, field, frozenset(v.strip() for v in value.split("|")))


def _share(text: str, field: str, catalog: MemoryCatalog) -> str:
    """ "q0.8" is the value below which 80 % of the catalogue lies, as vague words declared by share are read."""
    if not re.fullmatch(r"q0?\.\d+", text):
        return text
    column = catalog.columns[field]
    assert isinstance(column, NumberColumn)
    return str(round(column.quantile(float(text[1:])), 2))


def _number(value: object) -> object:
    try:
        return float(str(value))
    except ValueError:
        return str(value)


def _text(text: str) -> frozenset[str]:
    return frozenset(terms(text))


def _as_preference(preference: Preference | Wish, sign: str, op: str) -> Preference:
    polarity: Polarity = "want" if sign == "+" else "avoid"
    return Preference(field=preference.field, op=op, value=preference.value, polarity=polarity)  # type: ignore[arg-type]


def _settled(lines: set[Line]) -> set[Line]:
    """An opinion of an item says that it is known; a "seen" beside it adds nothing. Several refusals are one each."""
    for line in list(lines):
        values = line[-1]
        if line[0] == "-" and isinstance(values, frozenset) and line[2] is not None and "together" not in line[:-1]:
            lines = (lines - {line}) | {(*line[:-1], frozenset({value})) for value in values}
    known = {line[1] for line in lines if line[0] in {"liked", "disliked"}}
    return {line for line in lines if not (line[0] in {"seen", "unseen"} and line[1] in known)}
