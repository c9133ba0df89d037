"""The command `tastemaker`, as a real process: what it prints, where, and how it ends."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.ui.conftest import ROOT, Command, wait_until_idle
from ui.cli import app, run

HEAVY = ("streamlit", "torch", "chromadb", "pandas", "langchain", "langchain_core", "openai", "transformers")


@pytest.mark.parametrize(
    "command",
    [
        ["--help"],
        *(["chat", "-h"], ["ask", "-h"], ["ui", "-h"], ["tool", "-h"], ["doctor", "-h"]),
        *(["catalog", c, "-h"] for c in ("import", "list", "show", "remove", "check", "mend")),
        *(["conversations", c, "-h"] for c in ("list", "show", "delete")),
    ],
    ids=" ".join,
)
def test_every_command_explains_itself_with_examples(command: list[str]) -> None:
    shown = CliRunner().invoke(app, command)
    assert shown.exit_code == 0
    assert "Examples:" in shown.output
    assert "tastemaker " in shown.output.split("Examples:")[1]


def test_help_imports_nothing_heavy() -> None:
    code = "import sys; from ui.cli import run; run(['--help']); print([m for m in ('numpy', *%r) if m in sys.modules])"
    shown = subprocess.run(
        [sys.executable, "-c", code % (HEAVY,)], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert shown.stdout.splitlines()[-1] == "[]"


def test_a_turn_imports_neither_the_page_nor_a_model(home: Path) -> None:
    code = "import sys; from ui.cli import run; run(['ask', 'a smoky tea']); print([m for m in %r if m in sys.modules])"
    shown = subprocess.run(
        [sys.executable, "-c", code % (HEAVY,)], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert shown.stdout.splitlines()[-1] == "[]"


def test_version(tastemaker: Command) -> None:
    shown = tastemaker("--version")
    assert (shown.returncode, shown.stdout.split()[0]) == (0, "tastemaker")


class TestAsk:
    def test_the_reply_on_stdout_and_the_conversation_on_stderr(self, tastemaker: Command) -> None:
        first = tastemaker("ask", "something smoky")
        assert first.returncode == 0
        assert "moky" in first.stdout
        assert "conversation" not in first.stdout
        key = first.stderr.strip().removeprefix("conversation: ")
        second = json.loads(tastemaker("ask", "under 4 minutes", "--conversation", key, "--json").stdout)
        assert second["number"] == 2
        assert [p["field"] for p in second["ledger"]["preferences"]] == ["tastes", "steep"]

    def test_a_message_from_a_pipe(self, tastemaker: Command) -> None:
        turn = json.loads(tastemaker("ask", "-", "--json", stdin="a floral tea\n").stdout)
        assert turn["message"] == "a floral tea"

    def test_an_unknown_catalogue_names_the_installed_ones(self, tastemaker: Command) -> None:
        shown = tastemaker("ask", "hello", "--catalog", "wines")
        assert (shown.returncode, shown.stdout) == (2, "")
        assert shown.stderr.startswith("error: No catalogue 'wines' is installed (installed: teas).")

    def test_an_unknown_conversation(self, tastemaker: Command) -> None:
        assert tastemaker("ask", "hello", "--conversation", "nosuch").returncode == 2

    def test_a_conversation_is_not_carried_into_another_catalogue(self, tastemaker: Command) -> None:
        key = json.loads(tastemaker("ask", "something smoky", "--json").stdout)["conversation"]
        shown = tastemaker("ask", "hello", "--conversation", key, "--catalog", "wines")
        assert shown.returncode == 2

    def test_a_model_that_is_not_configured_is_the_operators_to_mend(self, tastemaker: Command) -> None:
        shown = tastemaker("ask", "hello", "--controller", "model", "--json")
        assert shown.returncode == 3
        error = json.loads(shown.stderr)["error"]
        assert error["type"] == "OperatorMustFix"
        assert "OPENAI_API_KEY" in error["mend"]
        assert json.loads(tastemaker("conversations", "list", "--json").stdout) == []


class TestChat:
    def test_lines_from_a_pipe_make_a_conversation(self, tastemaker: Command) -> None:
        shown = tastemaker("chat", stdin="something smoky\n/ledger\n/undo\n/ledger\n/nonsense\n")
        assert shown.returncode == 0
        assert "~ smoky" in shown.stdout
        assert "Undone." in shown.stdout
        assert "Nothing yet." in shown.stdout
        assert "There is no command /nonsense" in shown.stdout
        assert "\x1b[" not in shown.stdout
        assert "--conversation" in shown.stderr

    def test_a_number_answers_the_open_question(self, tastemaker: Command) -> None:
        shown = tastemaker("chat", stdin="a tea\n1\n/ledger\n")
        assert "!" in shown.stdout.splitlines()[-2] or "~" in shown.stdout.splitlines()[-2]

    def test_quit_leaves_and_an_unused_conversation_is_not_kept(self, tastemaker: Command) -> None:
        assert tastemaker("chat", stdin="/quit\nsomething smoky\n").returncode == 0
        assert json.loads(tastemaker("conversations", "list", "--json").stdout) == []


class TestTools:
    def test_json_in_json_out(self, tastemaker: Command) -> None:
        given = '{"wishes": [{"field": "steep", "op": "lt", "value": 4}]}'
        for shown in (tastemaker("tool", "filter", "-i", given), tastemaker("tool", "filter", "-i", "-", stdin=given)):
            assert json.loads(shown.stdout)["count"] == 14

    def test_the_list_carries_schemas(self, tastemaker: Command) -> None:
        tools = json.loads(tastemaker("tool", "--list", "--json").stdout)
        assert {"search", "filter", "recommend"} <= {t["name"] for t in tools}
        for side in ("input_schema", "output_schema"):
            assert all(t[side]["type"] == "object" for t in tools)

    @pytest.mark.parametrize("given", ["nonsense", "[]", '{"query": 3}', "{}"])
    def test_bad_input_is_the_callers_to_mend(self, tastemaker: Command, given: str) -> None:
        assert tastemaker("tool", "search", "--input", given).returncode == 2

    def test_an_unknown_tool(self, tastemaker: Command) -> None:
        shown = tastemaker("tool", "juggle", "--input", "{}")
        assert shown.returncode == 2
        assert "recommend" in shown.stderr


class TestConversations:
    def test_list_show_delete(self, tastemaker: Command) -> None:
        key = json.loads(tastemaker("ask", "something smoky", "--json").stdout)["conversation"]
        assert [c["id"] for c in json.loads(tastemaker("conversations", "list", "--json").stdout)] == [key]
        assert "something smoky" in tastemaker("conversations", "show", key).stdout
        assert json.loads(tastemaker("conversations", "show", key, "--json").stdout)["turns"][0]["number"] == 1
        assert tastemaker("conversations", "delete", key).returncode == 2  # nobody to ask
        assert tastemaker("conversations", "delete", key, "--yes").returncode == 0
        assert tastemaker("conversations", "show", key).returncode == 2


class TestErrors:
    def test_usage(self, tastemaker: Command) -> None:
        shown = tastemaker("ask")
        assert (shown.returncode, shown.stderr.count("\n")) == (2, 1)
        assert "tastemaker ask --help" in shown.stderr

    def test_usage_as_json(self, tastemaker: Command) -> None:
        error = json.loads(tastemaker("ask", "--json").stderr)["error"]
        assert set(error) == {"type", "message", "mend"}

    def test_a_bad_setting_is_the_operators_to_mend(self, tastemaker: Command) -> None:
        assert tastemaker("ask", "hello", TASTEMAKER_SLATE_SIZE="many").returncode == 3

    def test_a_surprise_is_one_sentence_and_a_traceback_only_when_debugging(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def broken() -> None:
            raise ZeroDivisionError("division by zero")

        monkeypatch.setattr("ui.opening.default_catalog", lambda _settings: broken())
        monkeypatch.delenv("TASTEMAKER_DEBUG", raising=False)
        assert run(["ask", "hello"]) == 1
        assert "Traceback" not in capsys.readouterr().err
        monkeypatch.setenv("TASTEMAKER_DEBUG", "1")
        with pytest.raises(ZeroDivisionError):
            run(["ask", "hello"])

    def test_another_process_was_faster(
        self, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        from agent.build import Tastemaker
        from core.errors import ConversationMoved

        def moved(*_: object) -> None:
            raise ConversationMoved("The conversation x has moved on.", "Load it again and repeat the message.")

        monkeypatch.setattr(Tastemaker, "respond", moved)
        assert run(["ask", "hello"]) == 4
        assert capsys.readouterr().err.startswith("error: The conversation x has moved on. Load it again")

    def test_ctrl_c(self, home: Path) -> None:
        process = subprocess.Popen(
            [sys.executable, "-m", "ui.cli", "ask", "-"],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=ROOT,
            text=True,
        )
        wait_until_idle(process)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
        assert process.returncode == 130
        assert "Traceback" not in said


def test_usage_says_what_the_model_cost(tastemaker: Command, home: Path) -> None:
    from agent.store import open_store
    from core.turn import Usage

    assert "No language model was called" in tastemaker("usage").stdout
    store = open_store(f"sqlite:///{home / 'conversations.db'}")
    store.spending.add(Usage(calls=2, tokens_in=1200, tokens_out=80, cost=0.0012), "small-model", "enrich")
    store.close()
    told = tastemaker("usage", TASTEMAKER_MAX_DAY_TOKENS="5000").stdout
    assert "small-model" in told
    assert "1,280 of 5,000 used" in told
    days = json.loads(tastemaker("usage", "--json").stdout)["days"]
    assert [(d["purpose"], d["calls"], d["tokens_in"]) for d in days] == [("enrich", 2, 1200)]
    said = json.loads(tastemaker("ask", "something smoky", "--json").stdout)
    one = json.loads(tastemaker("usage", "--conversation", said["conversation"], "--json").stdout)
    assert [(t["turn"], t["calls"]) for t in one["turns"]] == [(1, 0)]
    assert one["total"]["tokens_in"] == 0
    assert "together" in tastemaker("usage", "--conversation", said["conversation"]).stdout
    assert tastemaker("usage", "--conversation", "nobody").returncode == 2
