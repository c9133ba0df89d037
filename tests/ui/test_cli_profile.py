"""`tastemaker profile`, and --person and --guest on `ask` and `chat`: what is shown, changed, taken along, deleted."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from typer.testing import CliRunner

from tests.ui.conftest import Command
from ui.cli import app, run


class Said(NamedTuple):
    code: int
    out: str
    err: str


Tell = Callable[..., Said]


@pytest.fixture
def tell(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Tell:
    """The command in this process: tell("profile", "show"); the person is "me" unless the test says otherwise."""
    monkeypatch.setenv("TASTEMAKER_PERSON", "me")

    def told(*arguments: str) -> Said:
        code = run(arguments)
        return Said(code, *capsys.readouterr())

    return told


def shown(tell: Tell, *more: str) -> dict[str, Any]:
    whole: dict[str, Any] = json.loads(tell("profile", "show", "--json", *more).out)
    return whole


def texts(tell: Tell, *more: str) -> dict[str, str]:
    """The lines by key, without why they are there."""
    return {line["key"]: line["text"].split(" (")[0] for line in shown(tell, *more)["lines"]}


@pytest.mark.parametrize(
    "name", ["show", "add", "remove", "strengthen", "forget", "have", "summarise", "export", "import", "delete"]
)
def test_every_command_explains_itself_with_examples(name: str) -> None:
    shown = CliRunner().invoke(app, ["profile", name, "-h"])
    assert shown.exit_code == 0
    assert f"tastemaker profile {name}" in shown.output.split("Examples:")[1]


class TestAdd:
    def test_a_refusal_is_a_must_and_is_confirmed(self, tell: Tell) -> None:
        said = tell("profile", "add", "never green")
        assert said.code == 0
        assert said.out.startswith("you1  You never want green (set by hand on ")

    def test_a_wish_is_welcome_unless_it_must_be(self, tell: Tell) -> None:
        tell("profile", "add", "I like smoky teas")
        tell("profile", "add", "only from Japan")
        tell("profile", "add", "under 5 minutes", "--must")
        assert texts(tell) == {
            "you1": "You like smoky",
            "you2": "You always want Japan",
            "you3": "You always want it under 5 minutes",
        }

    def test_items_too(self, tell: Tell) -> None:
        assert tell("profile", "add", "I loved Golden Monkey").out == "liked  You liked Golden Monkey.\n"
        assert shown(tell)["profile"]["liked"] == ["tea-7"]

    def test_what_it_contradicts_gives_way(self, tell: Tell) -> None:
        tell("profile", "add", "never green")
        assert "No longer kept: You never want green" in tell("profile", "add", "I love green tea").out
        assert texts(tell) == {"you2": "You like green"}

    def test_the_same_again_changes_nothing(self, tell: Tell) -> None:
        tell("profile", "add", "never green")
        assert tell("profile", "add", "never green").out == "That is how it was already.\n"

    def test_what_was_not_understood_is_said(self, tell: Tell) -> None:
        said = tell("profile", "add", "never green, and brigadeiro vibes")
        assert "You never want green" in said.out
        assert "brigadeiro" in said.err

    @pytest.mark.parametrize("words", ["brigadeiro", "hello", "undo", ""])
    def test_nothing_to_remember(self, tell: Tell, words: str) -> None:
        said = tell("profile", "add", words)
        assert (said.code, said.out) == (2, "")
        assert texts(tell) == {}

    def test_a_guest_has_no_profile(self, tell: Tell) -> None:
        assert tell("profile", "add", "never green", "--person", "guest").code == 2
        assert "nothing is kept" in tell("profile", "show", "--person", "guest").out


class TestChange:
    def test_strengthen_and_soften(self, tell: Tell) -> None:
        tell("profile", "add", "I like smoky teas")
        assert tell("profile", "strengthen", "you1").out.startswith("you1  You always want smoky")
        assert tell("profile", "strengthen", "you1", "--soft").out.startswith("you1  You like smoky")

    def test_remove_by_the_key_of_the_line(self, tell: Tell) -> None:
        tell("profile", "add", "never green")
        assert "No longer kept: You never want green" in tell("profile", "remove", "you1").out
        said = tell("profile", "remove", "you1")
        assert said.code == 2
        assert "there are: none" in said.err

    def test_a_whole_list_is_asked_about_first(self, tell: Tell) -> None:
        tell("profile", "add", "I loved Golden Monkey and Jade Peak")
        assert tell("profile", "remove", "liked").code == 2  # nobody to ask
        assert len(shown(tell)["profile"]["liked"]) == 2
        assert tell("profile", "remove", "liked", "--yes").code == 0
        assert texts(tell) == {}

    @pytest.mark.parametrize("named", ["golden monkey", "tea-7"])
    def test_forget_one_item(self, tell: Tell, named: str) -> None:
        tell("profile", "add", "I loved Golden Monkey and Jade Peak")
        assert tell("profile", "forget", named).code == 0
        assert texts(tell) == {"liked": "You liked Jade Peak."}
        assert tell("profile", "forget", named).code == 2

    def test_what_is_at_hand(self, tell: Tell) -> None:
        said = tell("profile", "have", "origin", "japan", "India")
        assert said.out == "has:origin  You have Japan and India (origin).\n"
        assert "no rule of teas asks" in said.err
        assert tell("profile", "have", "origin", "Narnia").code == 2
        assert tell("profile", "have", "shelf", "Japan").code == 2
        assert "No longer kept" in tell("profile", "have", "origin").out


class TestTakenAlong:
    def test_out_and_in_again(self, tell: Tell, tmp_path: Path) -> None:
        tell("profile", "add", "never green")
        before, file = shown(tell), str(tmp_path / "me.json")
        assert tell("profile", "export", "--out", file).out == ""
        assert tell("profile", "delete", "--yes").code == 0
        assert tell("profile", "import", file).out == "Imported teas for me.\n"
        assert shown(tell) == before

    def test_to_stdout_and_to_somebody_else(self, tell: Tell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        tell("profile", "add", "never green")
        document = tell("profile", "export").out
        assert json.loads(document)["person"] == "me"
        file = tmp_path / "me.json"
        file.write_text(document, encoding="utf-8")
        assert tell("profile", "import", str(file), "--person", "anna").code == 0
        assert texts(tell, "--person", "anna") == {"you1": "You never want green"}

    def test_what_is_there_is_not_replaced_unasked(self, tell: Tell, tmp_path: Path) -> None:
        file = str(tmp_path / "me.json")
        tell("profile", "export", "--out", file)
        assert tell("profile", "import", file).code == 2  # an empty one
        tell("profile", "add", "never green")
        tell("profile", "export", "--out", file)
        tell("profile", "add", "I like smoky teas")
        assert tell("profile", "import", file).code == 2  # nobody to ask
        assert len(texts(tell)) == 2
        assert tell("profile", "import", file, "--yes").code == 0
        assert len(texts(tell)) == 1

    @pytest.mark.parametrize(
        ("place", "value"),
        [
            (("format",), 2),
            (("person",), "guest"),
            (("catalogs",), {}),
            (("catalogs", "teas", "profile", "taste"), 1),
            (("catalogs", "teas", "profile", "preferences", 0, "id"), "p1"),
            (("catalogs", "teas", "profile", "preferences", 0, "id"), ""),
            (("catalogs", "teas", "profile", "preferences", 0, "scope"), "turn"),
            (("catalogs", "teas", "profile", "preferences", 0, "value"), [3]),
            (("catalogs", "teas", "profile", "preferences", 0, "op"), "lt"),
            (("catalogs", "teas", "profile", "origins", "you7"), {"rule": "hand"}),
            (("catalogs", "teas", "profile", "disliked"), ["tea-7"]),
            (("catalogs", "teas", "profile", "liked"), ["tea-7", "tea-7"]),
        ],
    )
    def test_all_of_it_is_checked_before_anything_is_written(
        self, tell: Tell, tmp_path: Path, place: tuple[str | int, ...], value: object
    ) -> None:
        tell("profile", "add", "never green, I loved Golden Monkey")
        document = json.loads(tell("profile", "export").out)
        tell("profile", "delete", "--yes")
        document["catalogs"] = {"another": {"profile": {"person": "me", "seen": ["x"]}}} | document["catalogs"]
        *way, last = place
        at = document
        for step in way:
            at = at[step]
        at[last] = value
        file = tmp_path / "bad.json"
        file.write_text(json.dumps(document), encoding="utf-8")
        said = tell("profile", "import", str(file))
        assert (said.code, said.out) == (2, "")
        assert tell("profile", "delete").out == "Nothing is kept.\n"

    @pytest.mark.parametrize("content", [b"nonsense", b"\xff\xfe", b"[]"])
    def test_what_is_no_profile(self, tell: Tell, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "bad.json").write_bytes(content)
        assert tell("profile", "import", str(tmp_path / "bad.json")).code == 2
        assert tell("profile", "import", str(tmp_path / "nosuch.json")).code == 2

    def test_deleted_only_when_sure(self, tell: Tell) -> None:
        tell("profile", "add", "never green")
        assert tell("profile", "delete").code == 2  # nobody to ask
        assert texts(tell)
        assert tell("profile", "delete", "--catalog", "wines", "--yes").out == "Nothing is kept.\n"
        assert tell("profile", "delete", "--yes").code == 0
        assert texts(tell) == {}


class TestWhoTalks:
    def test_what_a_person_says_for_good_enters_their_profile_alone(self, tell: Tell) -> None:
        tell("ask", "I never drink green tea, something smoky please", "--person", "anna")
        assert texts(tell, "--person", "anna") == {"you1": "You never want green"}
        assert texts(tell) == {}

    def test_of_a_guest_nothing_is_kept(self, tell: Tell) -> None:
        tell("ask", "I never drink green tea, something smoky please", "--guest")
        assert texts(tell) == {}

    def test_a_profile_holds_in_a_new_conversation(self, tell: Tell) -> None:
        tell("profile", "add", "never green")
        turn = json.loads(tell("ask", "something smoky", "--json").out)
        assert turn["slate"]
        assert all(r["item"]["fields"]["kind"] != "green" for r in turn["slate"])

    def test_a_conversation_keeps_its_person(self, tell: Tell) -> None:
        key = tell("ask", "something smoky", "--person", "anna").err.split()[-1]
        assert tell("ask", "under 4 minutes", "-C", key, "--guest").code == 2
        assert tell("ask", "under 4 minutes", "-C", key, "--person", "anna").code == 0

    def test_a_guest_has_no_name(self, tell: Tell) -> None:
        assert tell("ask", "something smoky", "--person", "anna", "--guest").code == 2
        assert tell("ask", "something smoky", "--person", "x" * 65).code == 2

    def test_a_new_conversation_in_the_chat_is_with_the_same_person(self, tastemaker: Command) -> None:
        said = tastemaker("chat", "--person", "anna", stdin="something smoky\n/new\nI never drink green tea\n")
        assert said.returncode == 0
        assert "You never want green" in tastemaker("profile", "show", "--person", "anna").stdout
