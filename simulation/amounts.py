"""Numbers as people say them: two hours for 120 minutes, the nineties for 1990 to 1999, 7.5 out of ten."""

from __future__ import annotations

from collections.abc import Iterator

from core.schema import FieldSpec, Unit
from core.values import Scalar

_SMALL = {1: "one", 2: "two", 3: "three", 4: "four", 5: "five", 6: "six"}
_TENS = ("twenties", "thirties", "forties", "fifties", "sixties", "seventies", "eighties", "nineties")


def style(spec: FieldSpec) -> str:
    """How amounts of this field are spoken of: plain (a count), bare (no unit), duration, year or score."""
    if spec.unit is None or spec.unit.style == "money":
        return "bare"
    return spec.unit.style


def amounts(value: Scalar, spec: FieldSpec) -> list[str]:
    """Ways to say an amount; all of them mean the same, none is rounded."""
    number = float(value)
    plain = str(int(number)) if number.is_integer() else f"{number:.10g}"
    match style(spec), spec.unit:
        case "year", _:
            return [plain if number >= 0 else f"{-int(number)} BC"]
        case "score", Unit() as unit:
            return [plain, plain, *_out_of(plain, unit)]
        case "duration", Unit() as unit:
            return [_counted(plain, number, unit), *_in_larger(number, unit)]
        case "plain", Unit() as unit if unit.name:
            return [_counted(plain, number, unit)]
    return [plain]


def decades(first: int, last: int | None) -> list[str]:
    """Ways to name the decade that starts with year `first`, when `last` (if given) ends it; empty when it does not."""
    if first % 10 or not 1000 < first < 3000 or last not in {None, first + 9}:
        return []
    named = [f"the {first}s"]
    if 1920 <= first <= 1990:
        named.append(f"the {_TENS[(first - 1920) // 10]}")
    return [] if first % 100 == 0 else named  # "the 1900s" may mean the whole century


def _counted(plain: str, number: float, unit: Unit) -> str:
    return f"{plain} {unit.name if number == 1 else unit.plural}"


def _out_of(plain: str, unit: Unit) -> Iterator[str]:
    """7.5 out of ten, where the schema says that people count so."""
    for words, times in unit.spoken.items():
        if times == 1 and words.startswith("out of "):
            yield f"{plain} {words}"
            if (top := words.removeprefix("out of ")).isdigit():
                yield f"{plain}/{top}"


def _larger(unit: Unit) -> tuple[str, int] | None:
    """The longest singular word for a multiple of the unit, with how many units it is."""
    singular = [w for w, n in unit.spoken.items() if n > 1 and unit.spoken.get(f"{w}s") == n]
    best = max(singular, key=len, default=None)
    return (best, int(unit.spoken[best])) if best else None


def _in_larger(number: float, unit: Unit) -> Iterator[str]:
    """Two hours, two and a half hours, 1 hour 50, 1h50: exactly as much as before."""
    larger = _larger(unit)
    if larger is None or number < larger[1] or not number.is_integer():
        return
    word, times = larger
    article = "an" if word.startswith(("a", "e", "i", "o", "u", "hour")) else "a"
    whole, rest = divmod(int(number), times)
    spoken = _SMALL.get(whole, str(whole))
    if not rest:
        yield from (f"{article} {word}", f"one {word}") if whole == 1 else (f"{spoken} {word}s", f"{whole} {word}s")
        return
    if 2 * rest == times:
        yield f"{article} {word} and a half" if whole == 1 else f"{spoken} and a half {word}s"
    yield f"{whole} {word}{'s' if whole > 1 else ''} {rest}"
    yield f"{spoken} {word}{'s' if whole > 1 else ''} and {rest} {unit.name if rest == 1 else unit.plural}"
    yield f"{whole}{word[0]}{rest:02d}"
