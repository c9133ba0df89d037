"""Compare the facts in a demo catalogue with public metadata and write a short report.

    python data/check_facts.py films --items data/films/items.jsonl --metadata DIR --report data/films/fact-check.md
    python data/check_facts.py books --items data/books/items.jsonl --metadata DIR --report data/books/fact-check.md

For films DIR holds ``imdb5000_movie_metadata.csv``, ``tmdb_5000_movies.csv`` and ``redial_id2info.json``; for books
it holds ``books.csv`` of Goodbooks-10k. Only facts are compared, and nothing of these data sets enters the catalogue.

An optional ``--verdicts FILE`` is a JSON object from ``"item id/field"`` to a short reason why our value stands. The
exit status is 1 as long as a disagreement has no verdict, and 0 otherwise.
"""

import argparse
import csv
import json
import re
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

YEAR_SLACK = 1
RUNTIME_SLACK = 5

IMDB = "IMDB 5000"
TMDB = "TMDB 5000"
REDIAL = "ReDial movie information"
GOODBOOKS = "Goodbooks-10k"

LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "ß": "ss", "ı": "i", "ð": "d", "þ": "th", "&": " and "},
)
COUNTRIES = {
    "USA": "United States",
    "United States of America": "United States",
    "UK": "United Kingdom",
    "West Germany": "Germany",
    "Official site": "",
    "New Line": "",
}
LANGUAGES = {
    "Français": "French", "Español": "Spanish", "Deutsch": "German", "Italiano": "Italian", "Pусский": "Russian",
    "普通话": "Mandarin", "日本語": "Japanese", "Português": "Portuguese", "العربية": "Arabic", "Polski": "Polish",
    "हिन्दी": "Hindi", "广州话 / 廣州話": "Cantonese", "Magyar": "Hungarian", "ภาษาไทย": "Thai", "Český": "Czech",
    "עִבְרִית": "Hebrew", "한국어/조선말": "Korean", "svenska": "Swedish", "ελληνικά": "Greek", "Türkçe": "Turkish",
    "Tiếng Việt": "Vietnamese", "اردو": "Urdu", "Dansk": "Danish", "Română": "Romanian", "Norsk": "Norwegian",
    "فارسی": "Persian", "Nederlands": "Dutch", "Український": "Ukrainian", "Kiswahili": "Swahili",
    "Gaeilge": "Irish", "Srpski": "Serbian", "Íslenska": "Icelandic", "தமிழ்": "Tamil", "ਪੰਜਾਬੀ": "Punjabi",
    "shqip": "Albanian", "Hrvatski": "Croatian", "isiZulu": "Zulu", "suomi": "Finnish", "български език": "Bulgarian",
    "Eesti": "Estonian", "Bosanski": "Bosnian", "Slovenčina": "Slovak", "қазақ": "Kazakh", "Cymraeg": "Welsh",
    "پښتو": "Pashto", "తెలుగు": "Telugu", "ქართული": "Georgian", "বাংলা": "Bengali", "Català": "Catalan",
    "Bahasa indonesia": "Indonesian", "Panjabi": "Punjabi", "Slovenščina": "Slovenian",
    "No Language": "", "None": "", "??????": "",
}  # fmt: skip
RATINGS = {"GP": "PG", "M": "PG", "Not Rated": "not rated", "Unrated": "not rated"}
MPA_RATINGS = {"G", "PG", "PG-13", "R", "NC-17", "not rated"}
BOOK_LANGUAGES = {
    "ara": "Arabic", "dan": "Danish", "eng": "English", "fil": "Filipino", "fre": "French", "ger": "German",
    "ind": "Indonesian", "ita": "Italian", "jpn": "Japanese", "nl": "Dutch", "nor": "Norwegian", "per": "Persian",
    "pol": "Polish", "por": "Portuguese", "rum": "Romanian", "rus": "Russian", "spa": "Spanish", "swe": "Swedish",
    "tur": "Turkish", "vie": "Vietnamese",
}  # fmt: skip

Item = dict[str, Any]
Values = tuple[str, ...]


@dataclass(frozen=True)
class Record:
    """What one data set says about one work; a field it leaves empty is absent from ``values``."""

    source: str
    titles: Values
    year: int | None
    people: Values
    values: Mapping[str, Values]


@dataclass(frozen=True)
class Rule:
    """How one field is compared.

    ``every`` tells whether all sources must agree; otherwise one source that agrees confirms our value.
    """

    field: str
    text: str
    agrees: Callable[[Values, Values], bool]
    every: bool = False


@dataclass(frozen=True)
class Domain:
    """The field with the makers of a work, the rules, and the reader of the data sets."""

    people: str
    rules: tuple[Rule, ...]
    read: Callable[[Path], Iterator[Record]]
    sources: Values


@dataclass(frozen=True)
class Finding:
    """One field of one item: our value and every source's, split by agreement."""

    item_id: str
    field: str
    ours: Values
    confirmed: tuple[tuple[str, Values], ...]
    contradicted: tuple[tuple[str, Values], ...]
    agreed: bool

    @property
    def key(self) -> str:
        """The name of this finding in a file of verdicts."""
        return f"{self.item_id}/{self.field}"


def fold(text: str) -> str:
    """Lower-case ``text`` without accents, apostrophes and punctuation."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().translate(LETTERS))
    plain = "".join(char for char in decomposed if not unicodedata.combining(char))
    return " ".join(re.findall(r"\w+", re.sub(r"['’`]", "", plain)))


def title_key(title: str) -> str:
    """A title to be looked up by: folded, without an English article at either end."""
    key = fold(title)
    key = re.sub(r"^(the|a|an) (?=.)", "", key)
    return re.sub(r"(?<=.) (the|a|an)$", "", key) if re.search(r",\s*(the|a|an)\s*$", title, re.I) else key


def part_keys(title: str) -> set[str]:
    """The keys of a title's parts, such as the words before a subtitle."""
    parts = re.split(r":|\s[-–]\s|\s/\s|; or,", title)
    return {key for part in parts if (key := title_key(part))}


def person_key(name: str) -> str:
    """A name to be compared by; the order of its parts (surname first or last) does not matter."""
    return "".join(sorted(fold(name).split()))


def people_keys(names: Iterable[str]) -> set[str]:
    """The keys of several names."""
    return {person_key(name) for name in names}


def whole_number(text: str) -> int | None:
    """Read ``1999``, ``1999.0`` or ``-720.0``; anything else, or nothing, is None."""
    match = re.fullmatch(r"\s*(-?\d+)(\.0*)?\s*", text or "")
    return int(match[1]) if match else None


def clean(text: str | None) -> str:
    """Strip a cell, trailing non-breaking spaces included; a written-out missing value counts as empty."""
    stripped = (text or "").replace("\xa0", " ").strip()
    return "" if stripped.lower() in {"nan", "null", "none", "n/a"} else stripped


def known(**fields: Iterable[str | int | None]) -> dict[str, Values]:
    """Keep the fields that hold at least one value, as tuples of strings."""
    tidy = {name: tuple(str(v) for v in values if v not in (None, "", 0)) for name, values in fields.items()}
    return {name: values for name, values in tidy.items() if values}


def csv_rows(path: Path) -> Iterator[dict[str, str]]:
    """Yield a CSV file's rows with every cell cleaned."""
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as handle:
        for row in csv.DictReader(handle):
            yield {name: clean(cell) for name, cell in row.items() if isinstance(name, str)}


def names_in(cell: str) -> list[str]:
    """Read the ``name`` of every object in a JSON list; a damaged cell has none."""
    try:
        return [str(entry["name"]).strip() for entry in json.loads(cell or "[]")]
    except (ValueError, KeyError, TypeError):
        return []


def read_imdb(path: Path) -> Iterator[Record]:
    """Read IMDB 5000: first director, three actors, minutes, year, rating, one country and one language."""
    for row in csv_rows(path):
        year, director = whole_number(row["title_year"]), row["director_name"]
        rating = RATINGS.get(row["content_rating"], row["content_rating"])
        fields = known(
            year=[year],
            runtime=[whole_number(row["duration"])],
            directors=[director],
            cast=[row[f"actor_{place}_name"] for place in (1, 2, 3)],
            age_rating=[rating if rating in MPA_RATINGS else ""],
            countries=[COUNTRIES.get(row["country"], row["country"])],
            languages=[LANGUAGES.get(row["language"], row["language"])],
        )
        yield Record(IMDB, (row["movie_title"],), year, (director,) if director else (), fields)


def read_tmdb(path: Path) -> Iterator[Record]:
    """Read TMDB 5000: minutes, release date, countries and spoken languages; it names no people."""
    for row in csv_rows(path):
        year = whole_number(row["release_date"][:4])
        fields = known(
            year=[year],
            runtime=[whole_number(row["runtime"])],
            countries=[COUNTRIES.get(name, name) for name in names_in(row["production_countries"])],
            languages=[LANGUAGES.get(name, name) for name in names_in(row["spoken_languages"])],
        )
        yield Record(TMDB, (row["title"], row["original_title"]), year, (), fields)


def read_redial(path: Path) -> Iterator[Record]:
    """Read ReDial's movie information: a title with its year, and up to three directors and stars."""
    for entry in json.loads(path.read_text(encoding="utf-8")).values():
        name = clean(entry.get("name"))
        match = re.fullmatch(r"(.+?)\s*\((\d{4})\)", name)
        year = int(match[2]) if match else None
        directors = tuple(clean(person) for person in entry.get("director", []))
        fields = known(year=[year], directors=directors, cast=[clean(star) for star in entry.get("star", [])])
        yield Record(REDIAL, (match[1] if match else name,), year, directors, fields)


def read_films(folder: Path) -> Iterator[Record]:
    """Read the three film data sets."""
    yield from read_imdb(folder / "imdb5000_movie_metadata.csv")
    yield from read_tmdb(folder / "tmdb_5000_movies.csv")
    yield from read_redial(folder / "redial_id2info.json")


def read_books(folder: Path) -> Iterator[Record]:
    """Read Goodbooks-10k: titles without the series in brackets, authors, first year, edition's language."""
    for row in csv_rows(folder / "books.csv"):
        title = re.sub(r"\s*\([^()]*\)\s*$", "", row["title"])
        year = whole_number(row["original_publication_year"])
        authors = tuple(name.strip() for name in row["authors"].split(",") if name.strip())
        code = row["language_code"]
        language = "English" if code.startswith("en") else BOOK_LANGUAGES.get(code, "")
        fields = known(year=[year], authors=authors, languages=[language])
        yield Record(GOODBOOKS, tuple(filter(None, (title, row["original_title"]))), year, authors, fields)


def same(ours: Values, theirs: Values) -> bool:
    """Tell whether the values are equal."""
    return ours == theirs


def near_runtime(ours: Values, theirs: Values) -> bool:
    """Tell whether two lengths in minutes lie within the stated tolerance."""
    return abs(int(ours[0]) - int(theirs[0])) <= RUNTIME_SLACK


def names_theirs(ours: Values, theirs: Values) -> bool:
    """Tell whether every person they name is among ours."""
    return people_keys(theirs) <= people_keys(ours)


def names_ours(ours: Values, theirs: Values) -> bool:
    """Tell whether every person we name is among theirs."""
    return people_keys(ours) <= people_keys(theirs)


def names_overlap(ours: Values, theirs: Values) -> bool:
    """Tell whether at least one person is named by both."""
    return bool(people_keys(ours) & people_keys(theirs))


def contained(ours: Values, theirs: Values) -> bool:
    """Tell whether one list holds the whole of the other."""
    mine, other = {fold(value) for value in ours}, {fold(value) for value in theirs}
    return mine <= other or other <= mine


FILMS = Domain(
    people="directors",
    rules=(
        Rule("year", "same year of release", same),
        Rule("runtime", f"within ±{RUNTIME_SLACK} minutes", near_runtime),
        Rule("directors", "everyone they name is among ours, in every source", names_theirs, every=True),
        Rule("cast", "at least one actor in common", names_overlap),
        Rule("age_rating", "same MPA rating (GP and M read as PG; other schemes left out)", same),
        Rule("countries", "one list holds the other", contained),
        Rule("languages", "one list holds the other", contained),
    ),
    read=read_films,
    sources=(IMDB, TMDB, REDIAL),
)
BOOKS = Domain(
    people="authors",
    rules=(
        Rule("year", "same year of first publication", same),
        Rule("authors", "everyone we name is among theirs, translators and illustrators aside", names_ours),
        Rule("languages", "only where ours is English or their edition is not", same),
    ),
    read=read_books,
    sources=(GOODBOOKS,),
)
DOMAINS = {"films": FILMS, "books": BOOKS}


class Index:
    """The records of one data set, to be looked up by title."""

    def __init__(self, records: Iterable[Record]) -> None:
        self._exact: dict[str, list[Record]] = {}
        self._parts: dict[str, list[Record]] = {}
        for record in records:
            for key in {title_key(title) for title in record.titles}:
                self._exact.setdefault(key, []).append(record)
            for key in {key for title in record.titles for key in part_keys(title)}:
                self._parts.setdefault(key, []).append(record)

    def find(self, item: Item, people: Iterable[str]) -> Record | None:
        """Find the record for an item.

        The whole title in a year at most one off is enough, the nearest year first. The whole title in a far or
        unknown year, or a part of the title in a near year, counts only if the two share a maker.
        """
        makers = people_keys(people)
        exact = self._exact.get(title_key(item["title"]), [])
        partial = [r for key in sorted(part_keys(item["title"])) for r in self._parts.get(key, [])]
        groups = (
            [r for r in exact if distance(item, r) <= YEAR_SLACK],
            [r for r in exact if makers & people_keys(r.people)],
            [r for r in partial if distance(item, r) <= YEAR_SLACK and makers & people_keys(r.people)],
        )
        for group in groups:
            if group:
                return min(group, key=lambda r: (not makers & people_keys(r.people), distance(item, r)))
        return None


def distance(item: Item, record: Record) -> float:
    """Count the years between an item and a record; a record without a year is endlessly far."""
    return abs(item["year"] - record.year) if record.year is not None else float("inf")


def our_values(item: Item, field: str) -> Values:
    """Read our value of a field as a tuple of strings; a film without an age rating says so."""
    value = item.get(field)
    if field == "age_rating" and value is None:
        return ("not rated",)
    values = value if isinstance(value, list) else [value]
    return tuple(str(entry) for entry in values if entry is not None)


def comparable(domain: Domain, field: str, ours: Values, theirs: Values) -> bool:
    """Leave out silent films' languages, and the edition language of a book that we list as translated."""
    if field != "languages":
        return bool(ours and theirs)
    if ours == ("Silent",):
        return False
    return bool(ours and theirs) and (domain is not BOOKS or ours == ("English",) or theirs != ("English",))


def judge(domain: Domain, item: Item, rule: Rule, records: Iterable[Record]) -> Finding | None:
    """Compare one field of an item with all records found for it; None where nothing can be compared."""
    ours = our_values(item, rule.field)
    confirmed: list[tuple[str, Values]] = []
    contradicted: list[tuple[str, Values]] = []
    for record in records:
        theirs = record.values.get(rule.field, ())
        if comparable(domain, rule.field, ours, theirs):
            (confirmed if rule.agrees(ours, theirs) else contradicted).append((record.source, theirs))
    if not confirmed and not contradicted:
        return None
    agreed = not contradicted or (bool(confirmed) and not rule.every)
    return Finding(item["id"], rule.field, ours, tuple(confirmed), tuple(contradicted), agreed)


def match_items(items: list[Item], domain: Domain, folder: Path) -> dict[str, list[Record]]:
    """Find each item in each data set; an item that is in none has an empty list."""
    records = list(domain.read(folder))
    indexes = [Index(r for r in records if r.source == source) for source in domain.sources]
    return {item["id"]: [r for index in indexes if (r := index.find(item, item[domain.people]))] for item in items}


def cell(text: str) -> str:
    """Make text safe for a cell of a Markdown table."""
    return text.replace("|", "\\|").replace("\n", " ")


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    """Lay out a Markdown table."""
    names = list(head)
    lines = [names, ["---"] * len(names), *(list(row) for row in rows)]
    return ["| " + " | ".join(cell(text) for text in line) + " |" for line in lines]


def summary_rows(domain: Domain, findings: list[Finding]) -> Iterator[list[str]]:
    """Count, for each field, what was compared, agreed, agreed against another source, and disagreed."""
    for rule in domain.rules:
        mine = [finding for finding in findings if finding.field == rule.field]
        agreed = [finding for finding in mine if finding.agreed]
        contested = sum(bool(finding.contradicted) for finding in agreed)
        counts = (len(mine), len(agreed), contested, len(mine) - len(agreed))
        yield [rule.field, rule.text, *map(str, counts)]


def disagreement_rows(findings: list[Finding], verdicts: Mapping[str, str]) -> Iterator[list[str]]:
    """List each disagreement with our value, theirs and the reason why ours stands."""
    for finding in findings:
        if not finding.agreed:
            theirs = "; ".join(f"{', '.join(values)} ({source})" for source, values in finding.contradicted)
            reason = verdicts.get(finding.key, "**no verdict yet**")
            yield [finding.item_id, finding.field, ", ".join(finding.ours), theirs, reason]


def write_report(
    path: Path, name: str, found: Mapping[str, list[Record]], findings: list[Finding], verdicts: Mapping[str, str]
) -> None:
    """Write the report in Markdown."""
    domain = DOMAINS[name]
    matched = sum(bool(records) for records in found.values())
    in_source = [
        f"{source} {sum(r.source == source for records in found.values() for r in records)}"
        for source in domain.sources
    ]
    rows = list(disagreement_rows(findings, verdicts))
    lines = [
        f"# Fact check: {name}",
        "",
        f"Written by `data/check_facts.py`. {matched} of {len(found)} items are in at least one data set",
        f"({', '.join(in_source)}); no data set here says anything about the others.",
        "",
        f"An item is matched by its title and a year at most {YEAR_SLACK} off, or by its title and a shared maker.",
        "*Contested* counts agreed fields that one source confirms and another contradicts.",
        "",
        *table(("Field", "Agrees when", "Compared", "Agreed", "of these contested", "Disagreed"),
               summary_rows(domain, findings)),
        "",
        "## Remaining disagreements",
        "",
        *(table(("Item", "Field", "Ours", "Theirs", "Why ours stands"), rows) if rows else ["None."]),
    ]  # fmt: skip
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def read_items(path: Path) -> list[Item]:
    """Read a JSONL file of items."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def parse_arguments(arguments: list[str] | None) -> argparse.Namespace:
    """Read the command line and refuse paths that do not exist."""
    parser = argparse.ArgumentParser(description="Compare a demo catalogue with public metadata.")
    parser.add_argument("domain", choices=sorted(DOMAINS))
    parser.add_argument("--items", type=Path, nargs="+", required=True, help="one or more JSONL files")
    parser.add_argument("--metadata", type=Path, required=True, help="the folder with the data sets")
    parser.add_argument("--report", type=Path, required=True, help="the Markdown file to write")
    parser.add_argument("--verdicts", type=Path, help='JSON object from "id/field" to a reason')
    options = parser.parse_args(arguments)
    for path in [*options.items, options.metadata, *filter(None, [options.verdicts])]:
        if not path.exists():
            parser.error(f"{path} does not exist")
    return options


def main(arguments: list[str] | None = None) -> int:
    """Run the check; return 1 if a disagreement has no verdict."""
    options = parse_arguments(arguments)
    domain = DOMAINS[options.domain]
    items = [item for path in options.items for item in read_items(path)]
    verdicts = json.loads(options.verdicts.read_text(encoding="utf-8")) if options.verdicts else {}
    found = match_items(items, domain, options.metadata)
    judged = (judge(domain, item, rule, found[item["id"]]) for item in items for rule in domain.rules)
    findings = [finding for finding in judged if finding]
    write_report(options.report, options.domain, found, findings, verdicts)
    open_keys = {finding.key for finding in findings if not finding.agreed}
    unexplained, stale = sorted(open_keys - verdicts.keys()), sorted(verdicts.keys() - open_keys)
    print(f"{len(items)} items, {len(findings)} comparisons, {len(open_keys)} disagreements")
    for label, keys in (("No verdict", unexplained), ("Verdict no longer needed", stale)):
        for key in keys:
            print(f"{label}: {key}", file=sys.stderr)
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
