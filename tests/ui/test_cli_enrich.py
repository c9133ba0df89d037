"""`tastemaker enrich` against a real server of the OpenAI protocol: asked first, shown, stopped, resumed, undone."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from benchmarks.kill_enrich import killed_and_resumed
from ingest.demo import prepare_demo
from tests.servers.answering import AnsweringServer, described_as_text, titles_in
from tests.servers.openai_server import Answer, Body
from tests.ui.conftest import Command
from tests.ui.test_cli_profile import Said
from tools.catalog.store import open_catalog
from ui.cli import run
from ui.enriching import duration, progress_in_words

Tell = Callable[..., Said]
PRICES = '{"gpt-4.1-mini": {"tokens_in": 0.4, "tokens_out": 1.6}}'


@pytest.fixture
def server(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AnsweringServer]:
    """A server that describes whatever it is asked about, named by the settings."""
    with AnsweringServer(described_as_text) as running:
        monkeypatch.setenv("OPENAI_BASE_URL", running.base_url)
        monkeypatch.setenv("TASTEMAKER_CONTROLLER", "auto")
        yield running


@pytest.fixture
def tell(home: Path, capsys: pytest.CaptureFixture[str]) -> Tell:
    """The command in this process, with nobody at the keyboard."""

    def told(*arguments: str) -> Said:
        code = run(arguments)
        return Said(code, *capsys.readouterr())

    return told


def test_the_estimate_is_shown_and_nothing_is_asked_without_a_yes(
    server: AnsweringServer, tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TASTEMAKER_PRICES", PRICES)
    said = tell("enrich", "--catalog", "teas", "--items", "20")
    assert said.code == 2
    assert (
        "20 of 20 items to ask gpt-4.1-mini about.\nFields: tastes, themes (new), tags (new), summary (new).\nCalls: 2."
        in said.err
    )
    assert "Cost: about 0.00" in said.err
    assert "Nobody is there to answer. Add --yes." in said.err
    assert server.requests == []


def test_a_dry_run_shows_the_prompt_and_writes_nothing(server: AnsweringServer, tell: Tell, home: Path) -> None:
    before = sorted(home.rglob("*"))
    said = tell("enrich", "--catalog", "teas", "--items", "2", "--dry-run")
    assert said.code == 0
    assert "no price is set (TASTEMAKER_PRICES)" in said.out
    assert "fields to write: themes, tags, summary" in said.out
    assert server.requests == []
    assert sorted(home.rglob("*")) == before


def test_what_was_written_serves_in_every_door_and_names_its_origin(
    server: AnsweringServer, tell: Tell, tastemaker: Command, home: Path
) -> None:
    before = open_catalog(home, "teas").version
    said = tell("enrich", "--catalog", "teas", "--items", "20", "--yes", "--json")
    assert said.code == 0, said.err
    told = json.loads(said.out)
    assert (told["answered"], told["failed"], told["items_with_generated_values"]) == (20, {}, 20)
    assert "20 of 20 items" in said.err
    item = next(i for i in open_catalog(home, "teas").items() if i.generated)
    looked = json.loads(tell("tool", "lookup", "--input", json.dumps({"ids": [item.id]})).out)["items"][0]
    assert set(looked["generated"]) == {"themes", "tags", "summary"}
    assert looked["generated"]["tags"]["model"] == "gpt-4.1-mini"
    (tag,) = item.values("tags")
    wish = {"field": "tags", "op": "any_of", "value": [tag]}
    slate = json.loads(tell("tool", "recommend", "--input", json.dumps({"wishes": [wish]})).out)["slate"]
    assert slate
    assert all(line["generated"] == "gpt-4.1-mini" for r in slate for line in r["receipt"])
    shown = tastemaker("ask", f"a {tag} tea", "--controller", "rules", "--json")
    assert shown.returncode == 0, shown.stderr
    assert tell("catalog", "check", "teas").code == 0
    undone = tell("enrich", "--catalog", "teas", "--undo")
    assert undone.out == "'teas' holds no generated values.\n"
    assert open_catalog(home, "teas").version == before


def test_a_ceiling_stops_it_with_an_exit_code_of_its_own(server: AnsweringServer, tell: Tell) -> None:
    said = tell("enrich", "--catalog", "teas", "--yes", "--ceiling", "4000 tokens")
    assert said.code == 5
    assert "error: The ceiling of 4,000 tokens is reached. What was answered is kept" in said.err
    asked = len(server.requests)
    assert 0 < asked < 5
    built = tell("enrich", "--catalog", "teas", "--ceiling", "0")
    assert built.code == 0
    assert len(server.requests) == asked
    assert f"with what was written about {10 * asked} items" in built.out


def test_a_ceiling_in_money_without_a_price_is_refused(server: AnsweringServer, tell: Tell) -> None:
    said = tell("enrich", "--catalog", "teas", "--yes", "--ceiling", "0.50")
    assert said.code == 3
    assert "Set TASTEMAKER_PRICES" in said.err
    assert server.requests == []


def test_without_a_model_it_says_what_to_set(tell: Tell) -> None:
    said = tell("enrich", "--catalog", "teas", "--yes")
    assert said.code == 3
    assert "Set OPENAI_API_KEY or OPENAI_BASE_URL" in said.err


def test_ctrl_c_keeps_what_was_answered(
    server: AnsweringServer, tell: Tell, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    from agent.models import chat

    answer = chat.LangChainModel.complete

    def interrupted(self: chat.LangChainModel, *given: object, **named: object) -> object:
        if len(server.requests) == 2:
            raise KeyboardInterrupt
        return answer(self, *given, **named)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(chat.LangChainModel, "complete", interrupted)
        said = tell("enrich", "--catalog", "teas", "--yes")
    assert said.code == 130
    assert "Stopped. 20 of 48 items have an answer, which is kept" in said.err
    went_on = tell("enrich", "--catalog", "teas", "--yes")
    assert "1 call of it brought no answer: it may have been paid" in went_on.err
    titles = [t for body in server.requests for t in titles_in(body)]
    assert len(titles) == len(set(titles)) == 48


def test_a_server_that_gives_up_is_named_and_the_rest_is_kept(
    home: Path, tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(body: Body) -> Answer:
        return described_as_text(body) if len(server.requests) < 3 else Answer("used up", 429, "insufficient_quota")

    with AnsweringServer(answer) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        monkeypatch.setenv("TASTEMAKER_CONTROLLER", "auto")
        said = tell("enrich", "--catalog", "teas", "--yes")
    assert said.code == 5
    assert "20 of 48 items have an answer" in said.out
    assert "What was answered is kept; the same command goes on." in said.err


def test_faults_are_tried_alone_then_reported(home: Path, tell: Tell, monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(body: Body) -> Answer:
        good = described_as_text(body)
        return Answer(good.text.replace("What people call Jade Leaf.", "See " + "x" * 300), usage=good.usage)

    with AnsweringServer(answer) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        monkeypatch.setenv("TASTEMAKER_CONTROLLER", "auto")
        said = tell("enrich", "--catalog", "teas", "--yes")
        assert said.code == 0
        assert "47 of 48 items have an answer" in said.out
        assert "summary is longer than 240 letters" in said.out
        assert [titles_in(b) for b in server.requests if len(titles_in(b)) == 1] == [["Jade Leaf"]]


@pytest.mark.parametrize("option", [("--run", "1"), ("--forget",)])
def test_options_of_undoing_need_undo(tell: Tell, option: tuple[str, ...]) -> None:
    said = tell("enrich", "--catalog", "teas", *option)
    assert said.code == 2
    assert "Add --undo." in said.err


def test_another_process_that_enriches_is_named(server: AnsweringServer, tell: Tell, home: Path) -> None:
    from tools.catalog.lock import locked

    with locked(home / "catalogs" / "teas" / "enriching"):
        said = tell("enrich", "--catalog", "teas", "--yes")
    assert said.code == 2
    assert "'teas' is being enriched by another process." in said.err


def test_films_keep_to_the_vocabularies_of_their_own(
    server: AnsweringServer, tell: Tell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = tmp_path / "films"
    prepare_demo(mine, embedder="hashing:64", chroma=False)
    monkeypatch.setenv("TASTEMAKER_HOME", str(mine))
    assert tell("enrich", "--catalog", "films", "--items", "30", "--batch", "15", "--yes").code == 0
    films = open_catalog(mine, "films")
    described = [i for i in films.items() if i.generated]
    assert len(described) == 30
    moods = set(films.schema.field("moods").values)
    assert all(set(i.values("moods")) <= moods for i in described)
    assert len(server.requests) == 2


def test_killed_and_resumed_nothing_is_paid_twice(tmp_path: Path) -> None:
    told = killed_and_resumed(tmp_path, kills=3, items=40, batch=4, chance=random.Random(3))
    assert told["kills"] == 3
    assert told["paid_twice"] == []
    assert told["problems"] == []
    assert told["requests"] <= told["requests_without_kills"] + told["kills"]


def test_progress_in_words() -> None:
    from core.turn import Usage
    from ingest.enriching.running import Told

    told = Told(done=120, total=200, failed=1, usage=Usage(calls=12, tokens_in=3400, tokens_out=900, cost=0.0028))
    assert progress_in_words(told, 100, 50.0) == (
        "120 of 200 items, 2.0 a second, 40 s left, 1 failed; 12 calls, 3,400 tokens in, 900 out, 0.0028 paid"
    )
    assert [duration(s) for s in (5, 300, 11_000)] == ["5 s", "5 min", "3 h 3 min"]
