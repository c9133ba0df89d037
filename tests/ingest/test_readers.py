"""Each public data set's layout, hand-made in a folder of a few rows, read into items and interactions."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import BadInput
from core.items import Item
from ingest.importing import import_catalog, open_source
from ingest.source import Problems, Source
from tests.ingest.layouts import (
    GOODBOOKS,
    KNOWN_TABLES,
    LATEST_SMALL,
    METADATA,
    ML_1M,
    ML_25M,
    ML_100K,
    RECBOLE,
    lay_out,
)

Layout = dict[str, str]
CSV = "csv (latest, 25m, 32m)"


def read(kind: str, folder: Path, metadata: Path | None = None, *, on_error: str = "skip") -> tuple[Source, list[Item]]:
    source = open_source(kind, folder, metadata, None, Problems(on_error))
    return source, list(source.items())


def rated(source: Source) -> list[tuple[str, str, float | None, float | None]]:
    return [(i.user, i.item, i.rating, i.timestamp) for i in source.interactions()]


class TestMovieLens:
    @pytest.mark.parametrize(
        ("layout", "name"),
        [
            (ML_100K, "100k"),
            (ML_1M, "1m"),
            (LATEST_SMALL, CSV),
            (ML_25M, CSV),
        ],
    )
    def test_every_layout_gives_the_same_items_and_ratings(self, tmp_path: Path, layout: Layout, name: str) -> None:
        source, items = read("movielens", lay_out(tmp_path, layout))
        assert source.notes == [f"layout {name}"]
        assert [(i.id, i.title, i.fields["year"]) for i in items] == [
            ("1", "Toy Story", 1995),
            ("2", "The Godfather", 1972),
            ("3", "Amélie", 2001),
        ]
        assert items[0].fields["genres"] == ("Animation", "Children", "Comedy")
        assert items[2].fields["genres"] == ()
        assert rated(source) == [
            ("7", "1", 4.0, 964982703.0),
            ("7", "2", 5.0, 964982800.0),
            ("8", "1", 3.0, 964982900.0),
        ]
        assert source.problems.count == 0

    @pytest.mark.parametrize("layout", [LATEST_SMALL, ML_25M])
    def test_tags_are_the_ones_most_people_gave(self, tmp_path: Path, layout: Layout) -> None:
        _, items = read("movielens", lay_out(tmp_path, layout))
        assert items[0].fields["tags"] == ("pixar", "toys")
        assert items[1].fields["tags"] == ()

    @pytest.mark.parametrize(
        ("layout", "joined"),
        [(ML_100K, ["2", "3"]), (ML_1M, ["2", "3"]), (LATEST_SMALL, ["1", "2"]), (ML_25M, ["1", "2"])],
    )
    def test_facts_are_joined_by_id_where_there_are_links_and_by_title_and_year_elsewhere(
        self, tmp_path: Path, layout: Layout, joined: list[str]
    ) -> None:
        source, items = read("movielens", lay_out(tmp_path / "set", layout), lay_out(tmp_path / "facts", METADATA))
        assert [i.id for i in items if i.fields["runtime"]] == joined
        assert source.notes[1] == "2 of 3 items joined to metadata (facts.csv)"
        godfather = items[1].fields
        assert (godfather["runtime"], godfather["directors"]) == (175, ("Francis Ford Coppola",))
        assert godfather["cast"] == ("Marlon Brando", "Al Pacino")
        assert godfather["genres"] == ("Crime", "Drama")  # the set's own, not the metadata's

    def test_the_two_well_known_metadata_tables_complete_each_other(self, tmp_path: Path) -> None:
        source, items = read(
            "movielens", lay_out(tmp_path / "set", LATEST_SMALL), lay_out(tmp_path / "facts", KNOWN_TABLES)
        )
        story = items[0].fields
        assert (story["runtime"], story["description"], story["age_rating"]) == (81, "Toys live.", "G")
        assert (story["cast"], story["countries"]) == (("Tom Hanks", "Tim Allen"), ("United States",))
        assert (story["themes"], story["languages"]) == (("jealousy",), ("English",))
        assert "a.csv, b.csv, c.json" in source.notes[1]

    def test_a_metadata_folder_that_is_not_recognised_says_what_is(self, tmp_path: Path) -> None:
        with pytest.raises(BadInput, match="TMDB 5000"):
            read("movielens", lay_out(tmp_path / "set", ML_1M), lay_out(tmp_path / "facts", {"x.csv": "a,b\n1,2\n"}))

    @pytest.mark.parametrize(
        ("layout", "file", "row"),
        [
            (ML_100K, "u.item", "4|Half a row\n"),
            (ML_1M, "movies.dat", "4::Half a row\n"),
            (LATEST_SMALL, "movies.csv", "4,Half a row\n"),
            (ML_100K, "u.data", "7\t1\tgood\t0\n"),
            (ML_1M, "ratings.dat", "7::1\n"),
            (ML_25M, "ratings.csv", "7,1\n"),
            (ML_25M, "tags.csv", "7\n"),
            (ML_25M, "links.csv", "4,none,1\n"),
        ],
    )
    def test_a_bad_row_is_skipped_with_its_line_or_stops_the_import(
        self, tmp_path: Path, layout: Layout, file: str, row: str
    ) -> None:
        folder = lay_out(tmp_path, layout)
        encoding = "utf-8" if file.endswith(".csv") else "latin-1"
        whole = (folder / file).read_text(encoding=encoding)
        (folder / file).write_text(whole + row, encoding=encoding)
        place = f"{file}, line {whole.count(chr(10)) + 1}: "
        source, items = read("movielens", folder)
        assert (len(items), len(rated(source))) == (3, 3)
        assert [str(p).startswith(place) for p in source.problems.first] == [True], source.problems.first
        with pytest.raises(BadInput, match=place):
            rated(read("movielens", folder, on_error="stop")[0])

    def test_a_folder_that_is_something_else_is_told_what_it_lacks(self, tmp_path: Path) -> None:
        with pytest.raises(BadInput, match="There is no folder"):
            read("movielens", tmp_path / "nowhere")
        with pytest.raises(BadInput, match=r"movies\.dat"):
            read("movielens", lay_out(tmp_path, {"books.csv": "x\n"}))
        with pytest.raises(BadInput, match=r"has no ratings\.csv"):
            read("movielens", lay_out(tmp_path, {"movies.csv": "movieId,title,genres\n"}))


class TestGoodbooks:
    def test_titles_lose_their_series_and_ratings_are_out_of_ten(self, tmp_path: Path) -> None:
        source, items = read("goodbooks", lay_out(tmp_path, GOODBOOKS))
        assert [(i.id, i.title, i.fields["series"]) for i in items] == [
            ("1", "Catching Fire", "The Hunger Games"),
            ("2", "Dune", None),
        ]
        assert (items[0].fields["authors"], items[0].fields["year"]) == (("Suzanne Collins", "Somebody Else"), 2009)
        assert (items[0].fields["rating"], items[1].fields["year"]) == (8.6, None)
        assert rated(source) == [("9", "1", 5.0, None)]

    def test_bad_rows_of_both_files_are_named(self, tmp_path: Path) -> None:
        more = {
            "books.csv": GOODBOOKS["books.csv"] + ",,,,,,\n",
            "ratings.csv": GOODBOOKS["ratings.csv"] + "9\n9,1,x\n",
        }
        source, items = read("goodbooks", lay_out(tmp_path, more))
        assert (len(items), len(rated(source))) == (2, 1)
        assert [str(p).split(": ")[0] for p in source.problems.first] == [
            "books.csv, line 4",
            "ratings.csv, line 3",
            "ratings.csv, line 4",
        ]

    def test_ratings_may_be_missing(self, tmp_path: Path) -> None:
        source, _ = read("goodbooks", lay_out(tmp_path, {"books.csv": GOODBOOKS["books.csv"]}))
        assert rated(source) == []


class TestRecBole:
    def test_typed_headers_become_a_schema(self, tmp_path: Path) -> None:
        source, items = read("recbole", lay_out(tmp_path, RECBOLE))
        kinds = {f.name: (f.type, f.role, f.many) for f in source.schema.fields}
        assert kinds == {
            "movie_title": ("text", "title", False),
            "release_year": ("number", "release", False),
            "class": ("category", None, True),
        }
        assert items[0] == Item(
            id="1",
            title="Toy Story",
            fields={"movie_title": "Toy Story", "release_year": 1995, "class": ("Animation", "Comedy")},
        )
        assert rated(source) == [("7", "1", 4.0, 881250949.0), ("7", "2", 5.0, 881250950.0)]

    def test_bad_rows_are_named(self, tmp_path: Path) -> None:
        more = {
            "tiny.item": RECBOLE["tiny.item"] + "3\tonly two\n",
            "tiny.inter": RECBOLE["tiny.inter"] + "7\t1\tx\t1\n",
        }
        source, items = read("recbole", lay_out(tmp_path, more))
        assert (len(items), len(rated(source))) == (2, 2)
        assert [(p.file, p.line) for p in source.problems.first] == [("tiny.item", 4), ("tiny.inter", 4)]

    def test_what_is_no_atomic_file_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(BadInput, match=r"no \.item file"):
            read("recbole", lay_out(tmp_path, {"x.csv": ""}))
        with pytest.raises(BadInput, match="NAME:TYPE"):
            read("recbole", lay_out(tmp_path, {"x.item": "item_id\ttitle\n1\tOne\n"}))


def test_an_id_that_comes_twice_is_skipped_and_told(tmp_path: Path) -> None:
    folder = lay_out(tmp_path / "set", ML_1M)
    (folder / "movies.dat").write_text("1::One (2001)::Drama\n1::One again (2002)::Drama\n2::Two (2003)::Drama\n")
    home = tmp_path / "home"
    report = import_catalog("movielens", folder, "twice", home, embedder="none", chroma=False)
    assert (report.items, report.bad_rows) == (2, 1)
    assert str(report.first_bad[0]) == "set: the id '1' appeared before"
    with pytest.raises(BadInput, match="appeared before"):
        import_catalog("movielens", folder, "twice", home, on_error="stop", embedder="none", chroma=False)
