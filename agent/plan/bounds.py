"""The words of bounds: what stands before or behind a number and makes it a limit."""

from __future__ import annotations

import re
from collections.abc import Iterable

from core.schema import Op

_BEFORE: tuple[tuple[str, str], ...] = (
    ("no more than", "le"), ("not more than", "le"), ("no longer than", "le"), ("not longer than", "le"), ("no later than", "le"),
    ("not over", "le"), ("not exceeding", "le"), ("no over", "le"), ("nothing over", "le"), ("at most", "le"), ("up to", "le"), ("maximum of", "le"),
    ("maximum", "le"), ("max", "le"), ("within", "le"), ("until", "le"), ("till", "le"), ("<=", "le"), ("≤", "le"), ("nothing longer than", "le"),
    ("no less than", "ge"), ("not less than", "ge"), ("no fewer than", "ge"), ("no shorter than", "ge"), ("no earlier than", "ge"), ("no older than", "ge"), ("not older than", "ge"),
    ("not before", "ge"), ("at least from", "ge"), ("at least", "ge"), ("minimum of", "ge"), ("minimum", "ge"), ("min", "ge"), ("since", "ge"), (">=", "ge"), ("≥", "ge"),
    ("starting from", "ge"), ("nothing before", "ge"), ("nothing older than", "ge"), ("nothing under", "ge"), ("nothing below", "ge"), ("nothing shorter than", "ge"), ("nothing after", "le"), ("nothing newer than", "le"),
    ("less than", "lt"), ("fewer than", "lt"), ("shorter than", "lt"), ("smaller than", "lt"), ("lower than", "lt"), ("under", "lt"), ("below", "lt"),
    ("before", "lt"), ("prior to", "lt"), ("earlier than", "lt"), ("older than", "lt"), ("pre", "lt"), ("<", "lt"),
    ("more than", "gt"), ("longer than", "gt"), ("greater than", "gt"), ("higher than", "gt"), ("better than", "gt"), ("newer than", "gt"),
    ("later than", "gt"), ("over", "gt"), ("above", "gt"), ("after", "gt"), ("past", "gt"), ("exceeding", "gt"), ("post", "gt"), (">", "gt"),
    ("up to and including", "le"), ("keep it to", "le"), ("kept to", "le"), ("capped at", "le"), ("cap of", "le"), ("limit of", "le"), ("limited to", "le"), ("ceiling of", "le"),
    ("no further than", "le"), ("not past", "le"), ("nothing past", "le"), ("not beyond", "le"), ("nothing beyond", "le"), ("nothing above", "le"), ("nothing exceeding", "le"), ("no higher than", "le"),
    ("no bigger than", "le"), ("not later than", "le"), ("not after", "le"), ("not newer than", "le"), ("no newer than", "le"), ("nothing later than", "le"), ("nothing more than", "le"), ("nothing higher than", "le"),
    ("doesnt exceed", "le"), ("does not exceed", "le"), ("doesnt go past", "le"), ("doesnt go over", "le"), ("doesnt run over", "le"), ("doesnt run past", "le"), ("wont go over", "le"), ("no greater than", "le"),
    ("shy of", "lt"), ("short of", "lt"), ("south of", "lt"), ("starting at", "ge"), ("starting with", "ge"), ("no lower than", "ge"), ("not lower than", "ge"), ("nothing lower than", "ge"), ("not below", "ge"),
    ("not under", "ge"), ("no smaller than", "ge"), ("not shorter than", "ge"), ("nothing less than", "ge"), ("nothing earlier than", "ge"), ("nothing fewer than", "ge"), ("not earlier than", "ge"), ("floor of", "ge"),
    ("upwards of", "ge"), ("upward of", "ge"), ("no worse than", "ge"), ("nothing worse than", "ge"), ("not less recent than", "ge"), ("as recent as", "ge"), ("north of", "gt"), ("beyond", "gt"), ("in excess of", "gt"),
    ("nothing from before", "ge"), ("not from before", "ge"), ("none from before", "ge"), ("nothing made before", "ge"), ("nothing from after", "le"), ("not from after", "le"),
    ("more recent than", "gt"), ("exactly", "eq"), ("just over", "gt"), ("just under", "lt"), ("well under", "lt"), ("well over", "gt"),
)  # fmt: skip
_AFTER: tuple[tuple[str, str], ...] = (
    ("or less", "le"), ("or fewer", "le"), ("or under", "le"), ("or below", "le"), ("or shorter", "le"), ("or earlier", "le"), ("or older", "le"), ("or before", "le"),
    ("and under", "le"), ("and below", "le"), ("and earlier", "le"), ("max", "le"), ("maximum", "le"), ("tops", "le"), ("at most", "le"), ("at the most", "le"),
    ("or more", "ge"), ("or over", "ge"), ("or above", "ge"), ("or higher", "ge"), ("or better", "ge"), ("or longer", "ge"), ("or later", "ge"), ("or newer", "ge"), ("or up", "ge"),
    ("and up", "ge"), ("and above", "ge"), ("and over", "ge"), ("and later", "ge"), ("and more", "ge"), ("or after", "ge"), ("onwards", "ge"), ("onward", "ge"), ("on", "ge"),
    ("and newer", "ge"), ("and after", "ge"), ("plus", "ge"), ("+", "ge"), ("at least", "ge"), ("minimum", "ge"), ("at minimum", "ge"), ("min", "ge"), ("at the least", "ge"),
    ("at the outside", "le"), ("at the very most", "le"), ("at the latest", "le"), ("or lower", "le"), ("or sooner", "le"), ("or smaller", "le"), ("and before", "le"), ("and older", "le"), ("and less", "le"), ("and fewer", "le"),
    ("is my limit", "le"), ("is the limit", "le"), ("is my max", "le"), ("is the max", "le"), ("is the maximum", "le"), ("is my maximum", "le"), ("is the most", "le"), ("and no more", "le"), ("but no more", "le"), ("and not more", "le"),
    ("and no longer", "le"), ("and no later", "le"), ("limit", "le"), ("cap", "le"), ("ceiling", "le"), ("at the longest", "le"), ("and shorter", "le"), ("and lower", "le"),
    ("up", "ge"), ("upwards", "ge"), ("upward", "ge"), ("and upwards", "ge"), ("and onwards", "ge"), ("and on", "ge"), ("and beyond", "ge"), ("or beyond", "ge"), ("or greater", "ge"), ("and higher", "ge"), ("and better", "ge"),
    ("and longer", "ge"), ("at the earliest", "ge"), ("at the very least", "ge"), ("or more recent", "ge"), ("and more recent", "ge"), ("or upwards", "ge"), ("at the shortest", "ge"), ("as a minimum", "ge"), ("is the minimum", "ge"),
    ("is my minimum", "ge"), ("is the least", "ge"), ("and nothing less", "ge"), ("and nothing older", "ge"), ("and nothing earlier", "ge"), ("and nothing newer", "le"), ("and nothing later", "le"), ("and nothing longer", "le"),
    ("and nothing shorter", "ge"), ("or so", "about"), ("ish", "about"), ("give or take", "about"),
)  # fmt: skip
BOUND_WORDS = frozenset(w for phrase, _ in (*_BEFORE, *_AFTER) for w in phrase.split() if w.isalpha())
"""The words bounds are made of, so that a slip of the keyboard in one of them is mended."""
ABOUT = frozenset({"about", "around", "roughly", "approximately", "circa", "approx", "nearly", "almost", "~", "c"})
SHOULD = frozenset({"should", "must", "has", "needs", "is", "of", "ought", "to", "be", "got", "around", "about", "at"})
HAS_TIME = re.compile(
    r"\b(?:(?:i|we|ive|weve|ill|well)(?: only| just| can| could)?(?: have| got| spare| manage| do| give it)?|theres|there is|only(?: have| got)?)(?: only| just| got| left| about| around| roughly| maybe)*$"
)
"""Words before an amount that say how much there is to spend on it."""


_Bounds = dict[str, list[tuple[list[str], str, str]]]


def _by_first_word(bounds: Iterable[tuple[str, str]]) -> _Bounds:
    """(words, phrase, operator) by the first word, the longest first."""
    found: _Bounds = {}
    for phrase, op in sorted(bounds, key=lambda pair: -len(pair[0].split())):
        parts = phrase.split()
        found.setdefault(parts[0], []).append((parts, phrase, op))
    return found


_BEGINNING_BEFORE = _by_first_word(_BEFORE)
_BEGINNING_AFTER = _by_first_word(_AFTER)


def bound_before(norms: list[str], at: int) -> tuple[int, Op | None, str]:
    """(where the amount begins, its operator, the words): what the tokens at `at` make of a number behind them."""
    for parts, phrase, op in _BEGINNING_BEFORE.get(norms[at], ()) if at < len(norms) else ():
        said = norms[at : at + len(parts)]
        if said == parts or (parts[-1] == "than" and said == [*parts[:-1], "then"]):  # "older then 1990"
            return at + len(parts), op, phrase  # type: ignore[return-value]
    return at, None, ""


_AT_MOST = frozenset({"recent", "new", "late", "modern", "long", "high", "big", "large", "much", "many", "expensive"})
_AT_LEAST = frozenset({"old", "early", "short", "low", "small", "little", "few", "far"})


_LESS = r"(?:under|below|beneath|less|fewer|shorter|lower|smaller|earlier|older|sooner|before)"
_MORE = r"(?:over|above|beyond|more|longer|higher|bigger|later|newer|greater|after)"
_ANYTHING = r"^(?:,? ?(?:and|or|plus|as well as) )(?:anything|everything|all|whatever|something)(?: thats?| that is| which is| is|s)? (?:WAY)(?: than)?(?: it| that| this)?(?= |$)"
"""Behind an amount: "and anything under it"."""
_FINE_TOO = r"^(?:is|are|would be) (?:ok|okay|fine|good|alright|all right|great|possible)(?: ,| and| ;)* (?:anything )?(?:WAY)(?: is| are| would be)?(?: ok| okay| fine| good| alright| too| as well| also| even better| better| great)+(?= |$)"
""" "130 minutes is okay, shorter is okay"."""
_ENDLESS = tuple(
    (re.compile(pattern.replace("WAY", way)), op)
    for pattern in (_ANYTHING, _FINE_TOO)
    for way, op in ((_LESS, "le"), (_MORE, "ge"))
)
_TOO = re.compile(r"^(?:is|are|would be|gets|feels|seems) (?:just |way |far |a bit |already |simply )*too \w+")
"""Behind a bound it is refused: "above two hours is too long"."""
TURNED: dict[str, Op] = {"gt": "le", "ge": "lt", "lt": "ge", "le": "gt"}


def refused_after(norms: list[str], end: int) -> bool:
    """Whether what stands behind a bound says that it would be too much or too little."""
    return _TOO.match(" ".join(norms[end : end + 6])) is not None


def bound_after(norms: list[str], end: int, before: list[str]) -> tuple[str | None, int]:
    """(operator or "about", where it ends): what the tokens behind a number make of it."""
    if norms[end : end + 2] == ["is", "as"] and "as" in norms[end + 3 : end + 5]:  # "2000 is as recent as I'd go"
        op = "le" if norms[end + 2] in _AT_MOST else "ge" if norms[end + 2] in _AT_LEAST else None
        if op is not None:
            return op, norms.index("as", end + 3) + 1
    rest = " ".join(norms[end : end + 12])
    for pattern, op in _ENDLESS:
        found = pattern.match(rest)
        if found:
            return op, end + len(found.group().split())
    for parts, phrase, op in _BEGINNING_AFTER.get(norms[end], ()) if end < len(norms) else ():
        if norms[end : end + len(parts)] == parts:
            if phrase == "on" and "from" not in before:
                continue
            if norms[end + len(parts) : end + len(parts) + 1] == ["than"]:
                continue  # "1840 and no more than 750 pages": it belongs to what follows
            return op, end + len(parts)
    return None, end
