"""Extensions that the settings name, at the command and on the page."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.ui.conftest import ROOT, Command
from tests.ui.test_page import html
from ui.page import state

ACME = "tests.agent.acme:ACME"


def test_every_command_has_them(tastemaker: Command, tmp_path: Path) -> None:
    told = tastemaker("tool", "tally", "-i", '{"field": "kind"}', TASTEMAKER_EXTENSIONS=ACME)
    assert set(json.loads(told.stdout)["counts"]) == {"green", "black", "oolong", "white", "herbal"}
    turn = tastemaker("ask", "a green tea", "--json", "--controller", "terse", TASTEMAKER_EXTENSIONS=ACME)
    assert json.loads(turn.stdout)["controller"] == "terse"
    jars = tmp_path / "jars.txt"
    jars.write_text("a|Quince\nb|Plum\n")
    done = tastemaker("catalog", "import", "shelf", str(jars), "--name", "jars", "--json", TASTEMAKER_EXTENSIONS=ACME)
    assert json.loads(done.stdout)["items"] == 2


def test_their_controllers_are_measured_as_the_built_in_ones_are(
    tastemaker: Command, demo_home: Path, tmp_path: Path
) -> None:
    figures = tmp_path / "figures.json"
    few = ("--tasks", "data/books/tasks", "--limit", "2", "--trials", "1", "--workers", "1", "--json", str(figures))
    here = {"TASTEMAKER_HOME": str(demo_home)}
    unknown = tastemaker("evaluate", "tasks", "--catalog", "books", "--controller", "terse", *few, **here)
    assert unknown.returncode == 2
    assert "There are: rules, model." in unknown.stderr
    here["TASTEMAKER_EXTENSIONS"] = ACME
    done = tastemaker("evaluate", "tasks", "--catalog", "books", "--controller", "terse", *few, **here)
    assert done.returncode == 0, done.stderr
    assert "terse" in done.stdout
    assert "--controller terse" in figures.read_text()


def test_without_them_their_names_are_unknown(tastemaker: Command, tmp_path: Path) -> None:
    shown = tastemaker("ask", "a green tea", "--controller", "terse")
    assert shown.returncode == 2
    assert "--controller rules" in shown.stderr
    assert tastemaker("tool", "tally", "-i", '{"field": "kind"}').returncode == 2
    assert tastemaker("catalog", "import", "shelf", str(tmp_path), "--name", "jars").returncode == 2


def test_the_doctor_tells_of_them(tastemaker: Command) -> None:
    shown = tastemaker("doctor", "--json", TASTEMAKER_EXTENSIONS=ACME)
    found = {f["what"]: f for f in json.loads(shown.stdout)["findings"]}
    assert found["extensions"]["state"] == "ok"
    assert "readers shelf; rules of the house acme:budget; controllers terse" in found["extensions"]["said"]
    broken = tastemaker("doctor", "--json", TASTEMAKER_EXTENSIONS="tests.agent.acme:NOBODY")
    found = {f["what"]: f for f in json.loads(broken.stdout)["findings"]}
    assert found["extensions"]["state"] == "failure"
    assert "TASTEMAKER_EXTENSIONS" in found["extensions"]["mend"]


def test_a_house_without_its_rule_is_found(tastemaker: Command, home: Path) -> None:
    for name in ("schema.json", "source-schema.json"):
        for file in (home / "catalogs" / "teas").glob(f"versions/*/{name}"):
            schema = json.loads(file.read_text())
            schema["policies"].append({"rule": "acme:budget", "field": "steep", "values": ["3"]})
            file.write_text(json.dumps(schema))
    checked = json.loads(tastemaker("catalog", "check", "teas", "--json").stdout)
    assert "rules" in {mismatch["kind"] for mismatch in checked}
    assert tastemaker("ask", "a green tea").returncode == 3
    talked = tastemaker("ask", "a green tea", "--json", TASTEMAKER_EXTENSIONS=ACME)
    slate = json.loads(talked.stdout)["slate"]
    assert slate
    assert all(shown["item"]["fields"]["steep"] <= 3 for shown in slate)


def test_the_page_offers_the_controller_and_says_who_answers(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TASTEMAKER_EXTENSIONS", ACME)
    state.tastemaker.clear()
    state.answers.clear()
    page = AppTest.from_file(str(ROOT / "ui" / "page" / "app.py"), default_timeout=60).run()
    (choice,) = [box for box in page.selectbox if box.label == "Controller"]
    assert choice.options == ["Built-in controller", "terse"]
    choice.set_value("terse").run()
    page.chat_input(key="prompt").set_value("a green tea").run()
    assert not page.exception
    key = page.query_params["c"]
    stored = state.tastemaker().load(key if isinstance(key, str) else key[0])
    assert [t.controller for t in stored.turns] == ["terse"]
    assert "The controller terse read the message" in html(page)
    state.tastemaker.clear()
    state.answers.clear()
