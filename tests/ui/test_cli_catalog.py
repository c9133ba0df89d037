"""`tastemaker catalog` and `tastemaker doctor`."""

from __future__ import annotations

import json
from pathlib import Path

from tests.servers.openai_server import Answer, OpenAIServer
from tests.ui.conftest import Command

FITTING = json.dumps({"colour": "yellow", "sure": True})
TABLE = "id,title,maker,year,stars\n" + "".join(f"w{n},Wine {n},Maker {n % 3},{1990 + n},{n % 5}\n" for n in range(12))


def test_from_a_table_to_a_conversation(tastemaker: Command, tmp_path: Path) -> None:
    table, schema = tmp_path / "wines.csv", tmp_path / "wines.yaml"
    table.write_text(TABLE)
    guessed = tastemaker("catalog", "import", "csv", str(table), "--guess-schema")
    assert guessed.returncode == 0
    assert guessed.stdout.startswith("# A first schema for wines.csv")
    assert [c["name"] for c in json.loads(tastemaker("catalog", "list", "--json").stdout)] == ["teas"]
    schema.write_text(guessed.stdout)
    done = tastemaker("catalog", "import", "csv", str(table), "--schema", str(schema), "--name", "wines", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["items"] == 12
    assert (
        json.loads(tastemaker("ask", "one from Maker 1", "--catalog", "wines", "--json").stdout)["catalog"] == "wines"
    )
    assert tastemaker("catalog", "remove", "wines", "--yes").returncode == 0
    assert [c["name"] for c in json.loads(tastemaker("catalog", "list", "--json").stdout)] == ["teas"]


def test_an_import_needs_a_name_and_a_path_that_is_there(tastemaker: Command, tmp_path: Path) -> None:
    assert tastemaker("catalog", "import", "csv", str(tmp_path / "no.csv")).returncode == 2
    assert tastemaker("catalog", "import", "csv", str(tmp_path / "no.csv"), "--name", "x").returncode == 2
    assert tastemaker("catalog", "import", "scroll", "x", "--name", "x").returncode == 2


def test_show_a_catalogue_and_an_item(tastemaker: Command) -> None:
    assert "steep" in tastemaker("catalog", "show", "teas").stdout
    assert json.loads(tastemaker("catalog", "show", "teas", "--json").stdout)["items"] == 48
    assert json.loads(tastemaker("catalog", "show", "teas", "--item", "tea-3", "--json").stdout)["id"] == "tea-3"
    assert tastemaker("catalog", "show", "teas", "--item", "nosuch").returncode == 2


def test_check_finds_a_damaged_file(tastemaker: Command, home: Path) -> None:
    assert "all is well" in tastemaker("catalog", "check", "teas").stdout
    file = next((home / "catalogs" / "teas").glob("versions/*/columns/steep.number.npy"))
    file.write_bytes(file.read_bytes()[:-1] + b"\x01")
    damaged = tastemaker("catalog", "check", "teas", "--json")
    assert damaged.returncode == 3
    assert json.loads(damaged.stdout)[0]["kind"] == "files"
    assert tastemaker("catalog", "check", "teas", "--mend").returncode == 0
    assert tastemaker("catalog", "check", "teas").returncode == 0
    assert json.loads(tastemaker("ask", "under 4 minutes", "--json").stdout)["slate"]


class TestDoctor:
    def test_all_is_well(self, tastemaker: Command) -> None:
        shown = tastemaker("doctor", "--json")
        assert shown.returncode == 0, shown.stdout
        findings = {f["what"]: f for f in json.loads(shown.stdout)["findings"]}
        assert findings["catalogue teas"]["state"] == "ok"
        assert findings["language model"]["said"].startswith("none is configured")

    def test_a_home_that_cannot_be_written(self, tastemaker: Command, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        assert tastemaker("doctor", TASTEMAKER_HOME=str(tmp_path / "file" / "home")).returncode == 3

    def test_a_server_that_does_not_answer_is_a_warning_until_a_model_is_insisted_on(self, tastemaker: Command) -> None:
        away = {"OPENAI_BASE_URL": "http://127.0.0.1:9/v1", "OPENAI_API_KEY": "sk-very-secret"}
        shown = tastemaker("doctor", TASTEMAKER_CONTROLLER="auto", **away)
        assert (shown.returncode, "does not answer" in shown.stdout) == (0, True)
        insisted = tastemaker("doctor", TASTEMAKER_CONTROLLER="model", **away)
        assert insisted.returncode == 3
        assert "sk-very-secret" not in shown.stdout + shown.stderr + insisted.stdout + insisted.stderr

    def test_a_server_that_answers_is_asked_once_what_it_can_do(self, tastemaker: Command) -> None:
        with OpenAIServer(lambda body: Answer(FITTING), key="sk-good", models=["small"]) as server:
            there = {"OPENAI_BASE_URL": server.base_url, "OPENAI_API_KEY": "sk-good", "TASTEMAKER_CONTROLLER": "model"}
            first = tastemaker("doctor", TASTEMAKER_MODEL="small", **there)
            assert first.returncode == 0, first.stdout
            assert "plans are asked for by json_schema" in first.stdout
            assert "asking took 5 calls and 750 tokens, and is now kept" in first.stdout
            again = tastemaker("doctor", TASTEMAKER_MODEL="small", **there)
            assert "plans are asked for by json_schema" in again.stdout
            assert "asking took" not in again.stdout
            assert len(server.requests) == 5
            tastemaker("doctor", "--probe", TASTEMAKER_MODEL="small", **there)
            assert len(server.requests) == 10
            assert "has no model 'huge'" in tastemaker("doctor", TASTEMAKER_MODEL="huge", **there).stdout
            assert "refuses: 401" in tastemaker("doctor", **{**there, "OPENAI_API_KEY": "sk-bad"}).stdout

    def test_a_model_that_cannot_be_held_to_a_schema_is_a_warning_and_the_second_is_looked_at_too(
        self, tastemaker: Command
    ) -> None:
        with OpenAIServer(lambda body: Answer("Yellow.")) as talker, OpenAIServer(lambda body: Answer(FITTING)) as able:
            shown = tastemaker(
                "doctor",
                "--json",
                TASTEMAKER_CONTROLLER="auto",
                OPENAI_BASE_URL=talker.base_url,
                TASTEMAKER_FALLBACK_MODEL="other",
                TASTEMAKER_FALLBACK_BASE_URL=able.base_url,
            )
        findings = {f["what"]: f for f in json.loads(shown.stdout)["findings"]}
        assert shown.returncode == 0
        assert findings["language model: abilities"]["state"] == "warning"
        assert "text no" in findings["language model: abilities"]["said"]
        assert findings["second language model: abilities"]["state"] == "ok"
