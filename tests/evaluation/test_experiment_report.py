"""The report: its sentences, its one page, what is in the page of the dialogues, and the comparison of two runs."""

from __future__ import annotations

import base64
import gzip
import io
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from core.errors import BadInput
from evaluation.experiment.analysis import analyse
from evaluation.experiment.comparing import as_metrics, changes_table, compare, flips_table
from evaluation.experiment.episodes import Asked, Episode, Exchange, ShownItem, Stage, UserKind
from evaluation.experiment.reading import Manifest, Run, open_run
from evaluation.experiment.report import write_report
from evaluation.experiment.report.cautions import cautions
from evaluation.experiment.report.drawing import spread
from evaluation.experiment.report.packing import pack
from evaluation.experiment.report.troubles import troubles
from evaluation.experiment.report.verdicts import compared, headline, verdicts
from evaluation.experiment.report.writing import FIGURES, render
from simulation.protocol import EndReason
from tests.evaluation.episodes import SYSTEMS, TEAS, TRAILS, Domain, episode, measured, write_lines, write_run

NASTY = "</script><script>alert(1)</script> & <b>bold</b> \"quoted\" 'single'"
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
SHOTS = Path(__file__).resolve().parent.parent / "screenshots"
PATIENCE_MS = 120_000
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 400, "height": 800}


def run_of(*episodes: Episode, **manifest: object) -> Run:
    """A run of these episodes."""
    told = Manifest.model_validate({"jobs": len(episodes)} | manifest)
    return Run(folder=Path("made-up"), manifest=told, episodes=episodes)


def page_of(*episodes: Episode, **manifest: object) -> str:
    run = run_of(*episodes, **manifest)
    return render(run, analyse(run))


def unpacked(body: str) -> dict[str, Any]:
    return json.loads(gzip.decompress(base64.b64decode(body)))  # type: ignore[no-any-return]


class Reader(HTMLParser):
    """What is in a page: its text, its tags, the packed dialogues."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._inside: list[str] = []
        self.packed = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._inside.append(dict(attrs).get("id") or tag)

    def handle_data(self, data: str) -> None:
        if self._inside and self._inside[-1] == "packed":
            self.packed += data
        elif not self._inside or self._inside[-1] not in {"script", "style"}:
            self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())


class TestSentences:
    def test_what_was_compared(self, tmp_path: Path) -> None:
        first, second = compared(open_run(write_run(tmp_path, people=3, domain=TRAILS)))
        assert first.startswith(
            "5 systems served the same 3 people over the catalogue trails (100 items), played as agenda"
        )
        assert second == "30 dialogues, 1 trial each, at most 10 turns, seed 7."

    def test_a_clear_winner_is_named_with_its_lead_and_interval(self) -> None:
        found = analyse(run_of(*measured("good", [1.0] * 30), *measured("bad", [0.0] * 27 + [1.0] * 3)))
        (verdict,) = verdicts(found)
        assert verdict.leaders == ("good",)
        assert headline([verdict]) == ["With agenda users, good leads."]
        assert "100.0 % of 30 (95 % interval 100.0 to 100.0 %)" in verdict.sentences[0]
        assert "+90.0 points on bad (+80.0 to +100.0 points)" in verdict.sentences[1]
        assert "This difference is real (p ≤ 0.001, corrected" in verdict.sentences[1]

    def test_what_cannot_be_told_apart_is_said_to_be_so(self) -> None:
        held = [float(n % 2) for n in range(30)]
        found = analyse(run_of(*measured("one", held), *measured("other", [1.0, *held[1:]])))
        (verdict,) = verdicts(found)
        assert verdict.leaders == ("other", "one")
        assert verdict.undecided
        assert headline([verdict]) == ["With agenda users, no system can be told apart from the best."]
        assert (
            "other cannot be told apart from one (+3.3 points, ±0.0 to +13.3 points, p = 1.00)." in verdict.sentences[1]
        )

    def test_several_may_lead_together(self) -> None:
        held = [float(n % 4 > 0) for n in range(40)]
        known = [*measured("a", held), *measured("b", [1.0, *held[1:]]), *measured("bad", [0.0] * 40)]
        assert headline(verdicts(analyse(run_of(*known)))) == [
            "With agenda users, b and a lead; none of them can be told apart from the best."
        ]

    def test_where_less_is_better_the_least_leads(self) -> None:
        found = analyse(run_of(*measured("slow", [9.0] * 9, "turns"), *measured("fast", [2.0] * 9, "turns")))
        assert verdicts(found) == []
        held = [
            e.model_copy(update={"measures": {"success": 1.0, **e.measures}})
            for e in (*measured("slow", [9.0] * 9, "turns"), *measured("fast", [2.0] * 9, "turns"))
        ]
        (verdict,) = verdicts(analyse(run_of(*held)))
        assert "slow against fast: turns 9.00 against 2.00." in verdict.why

    def test_one_system_alone_wins_nothing(self) -> None:
        (verdict,) = verdicts(analyse(run_of(*measured("only", [1.0, 0.0]))))
        assert "nothing to compare" in verdict.sentences[-1]

    def test_kinds_that_disagree_have_a_line_each(self) -> None:
        kinds: tuple[UserKind, ...] = ("agenda", "taste")
        held = [
            e
            for user, best in zip(kinds, ("a", "b"), strict=True)
            for s in ("a", "b")
            for e in measured(s, [float(s == best)] * 20, user=user)
        ]
        assert headline(verdicts(analyse(run_of(*held)))) == [
            "With agenda users, a leads.",
            "With taste users, b leads.",
        ]

    def test_an_unfinished_run_says_so(self) -> None:
        page = Reader(page_of(*measured("rules", [1.0]), jobs=50)).text
        assert "Not finished." in page
        assert "1 of 50 dialogues are here" in page

    def test_a_run_in_which_nothing_was_played_says_so(self) -> None:
        assert "Nothing has been played yet." in Reader(page_of(jobs=5)).text


class TestCautions:
    def told(self, *episodes: Episode) -> str:
        run = run_of(*episodes)
        return " ".join(cautions(run, analyse(run)))

    def test_people_who_surely_break_the_rules_make_figures_doubtful(self) -> None:
        held = measured("rules", [1.0] * 20 + [0.0] * 20, "contradiction")
        assert self.told(*held) == "agenda users are doubtful: contradictions in 50.0 % with rules. See “Honesty”."
        assert self.told(*measured("rules", [1.0] + [0.0] * 39, "contradiction")) == ""

    def test_faults_are_told_of(self) -> None:
        held = [
            episode(member=f"p{n}", ending=EndReason.agent_failed if n < 4 else EndReason.given_up) for n in range(40)
        ]
        assert self.told(*held).startswith("10.0 % of the dialogues of rules with agenda users ended in a fault")

    def test_few_people_are_told_of(self) -> None:
        assert "Only 3 people took part" in self.told(*measured("rules", [1.0] * 3))
        assert "Only 3 people took part" in Reader(page_of(*measured("rules", [1.0] * 3))).text


class TestPage:
    @pytest.mark.parametrize("domain", [TEAS, TRAILS])
    def test_one_page_that_asks_nobody_for_anything(self, tmp_path: Path, domain: Domain) -> None:
        file = write_report(write_run(tmp_path, people=4, trials=2, domain=domain))
        page = file.read_text(encoding="utf-8")
        tags = Reader(page).tags
        assert file == tmp_path / "report.html"
        assert not [t for t in tags if t[0] in {"link", "img", "iframe", "object", "embed", "source"}]
        assert not [a for _, a in tags if any(k in a for k in ("src", "srcset", "xlink:href", "poster"))]
        assert {a["href"][:1] for t, a in tags if t == "a" and a.get("href")} == {"#"}
        assert not re.search(r"url\((?!#)|@import|https?://", page)
        assert "default-src 'none'" in page

    def test_every_table_has_a_caption_and_heads(self, tmp_path: Path) -> None:
        page = write_report(write_run(tmp_path, people=4)).read_text(encoding="utf-8")
        tables = re.findall(r"<table>.*?</table>", page, re.DOTALL)
        assert len(tables) >= 8
        for table in tables:
            assert re.match(r"<table>\s*<caption>.+?</caption>", table)
            assert 'scope="col"' in table
            assert 'scope="row"' in table

    def test_every_plot_tells_what_it_shows(self, tmp_path: Path) -> None:
        tags = Reader(write_report(write_run(tmp_path, people=4)).read_text(encoding="utf-8")).tags
        plots = [a for t, a in tags if t == "svg" and a.get("class") == "plot"]
        assert len(plots) == 2 * (1 + 1 + 1 + 3)
        assert all(a["role"] == "img" and a["aria-label"] for a in plots)

    def test_what_a_run_says_is_text_and_never_markup(self) -> None:
        item = ShownItem(id=NASTY, title=NASTY, reason=NASTY)
        held = episode(
            NASTY,
            NASTY,
            persona=NASTY,
            segments={NASTY: NASTY},
            wants=(NASTY,),
            target=item,
            fault=NASTY,
            last_word=NASTY,
            exchanges=[
                Exchange(
                    said=NASTY,
                    reply=NASTY,
                    asked=Asked(kind=NASTY, text=NASTY),
                    slate=(item,),
                    knows=(NASTY,),
                    trace=(Stage(stage=NASTY, note=NASTY),),
                )
            ],
            measures={"success": 1.0, NASTY: 0.5},
        )
        other = measured("plain", [0.0])
        page = page_of(held, *other, systems={NASTY: {NASTY: NASTY}}, catalog=NASTY, control={f"{NASTY}/x/own": FIGURE})
        reader = Reader(page)
        assert page.count("<script") == 2
        assert "<b>bold" not in page
        assert "&lt;b&gt;bold&lt;/b&gt;" in page
        assert NASTY in unpacked(reader.packed)["texts"]

    def test_unscored_episodes_are_counted_where_the_figure_stands(self) -> None:
        text = Reader(page_of(*measured("rules", [1.0, None, None]))).text
        assert "2 unscored" in text

    def test_the_shuffled_control_is_shown_where_there_is_one(self) -> None:
        given = {"agenda/rules/own": FIGURE, "agenda/rules/shuffled": FIGURE, "agenda/rules/difference": FIGURE}
        text = Reader(page_of(*measured("rules", [1.0]), control=given)).text
        assert "The shuffled control" in text
        assert "+40.0 points" in text
        assert "shuffled control" not in Reader(page_of(*measured("rules", [1.0]))).text

    def test_what_an_examination_left_beside_the_run_is_shown(self, tmp_path: Path) -> None:
        write_run(tmp_path, people=3, users=("agenda",))
        assert "not examined" not in Reader(write_report(tmp_path).read_text(encoding="utf-8")).text
        held = {"metrics": {"agenda/rules/leak": FIGURE}, "control": {"agenda/rules/shuffled": FIGURE}}
        (tmp_path / "honesty.json").write_text(json.dumps(held), encoding="utf-8")
        text = Reader(write_report(tmp_path).read_text(encoding="utf-8")).text
        assert "agenda, rules 40.0 % 30.0 to 50.0 %" in text
        assert "The shuffled control" in text
        (tmp_path / "honesty.json").write_text('{"metrics": {"a": 1}}', encoding="utf-8")
        with pytest.raises(BadInput, match=r"honesty\.json"):
            write_report(tmp_path)

    def test_where_nobody_was_examined_the_page_says_so(self) -> None:
        assert "were not examined" in Reader(page_of(*measured("rules", [1.0]))).text

    def test_the_same_run_gives_the_same_page(self, tmp_path: Path) -> None:
        folder = write_run(tmp_path, people=3)
        assert write_report(folder).read_bytes() == write_report(folder).read_bytes()

    def test_figures_stand_beside_the_page_in_the_shared_shape(self, tmp_path: Path) -> None:
        write_report(write_run(tmp_path, people=3))
        held = json.loads((tmp_path / FIGURES).read_text(encoding="utf-8"))
        assert set(held["metrics"]["agenda/rules/success"]) == {"value", "low", "high", "n"}
        assert held["summary"]["headline"]

    def test_what_is_no_run_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(BadInput):
            write_report(tmp_path)


FIGURE = {"value": 0.4, "low": 0.3, "high": 0.5, "n": 20}


class TestTroubles:
    def test_counted(self) -> None:
        broken, fine = ShownItem(id="x", title="X", fits=False), ShownItem(id="y", title="Y")
        found = troubles(
            episode(
                ending=EndReason.given_up,
                exchanges=[
                    Exchange(said="a", reply="b", slate=(broken, fine)),
                    Exchange(said="a", reply="b", slate=(fine,)),
                ],
                measures={"success": 0.0, "questions": 3.0, "useful_questions": 1.0},
            )
        )
        assert found.model_dump() == {"fault": 0, "broken": 1, "repeated": 1, "useless": 2, "missed": 1, "turns": 2}

    def test_what_is_not_scored_is_no_trouble(self) -> None:
        found = troubles(episode(measures={"success": None, "questions": None, "useful_questions": 0.0}))
        assert (found.missed, found.useless) == (0, 0)

    def test_the_worst_come_first(self) -> None:
        fits, breaks = ShownItem(id="y", title="Y"), ShownItem(id="x", title="X", fits=False)
        one, three = Exchange(said="a", reply="b", slate=(fits,)), Exchange(said="a", reply="b", slate=(breaks,))
        held = {
            "short": episode(member="short", exchanges=[one], measures={"success": 1.0}),
            "long": episode(member="long", exchanges=[Exchange(said="a", reply="b")] * 5, measures={"success": 1.0}),
            "missed": episode(member="missed", exchanges=[one], measures={"success": 0.0}),
            "useless": episode(member="useless", measures={"success": 1.0, "questions": 1.0, "useful_questions": 0.0}),
            "again": episode(member="again", exchanges=[one, one], measures={"success": 1.0}),
            "broken": episode(member="broken", exchanges=[three], measures={"success": 1.0}),
            "fault": episode(member="fault", ending=EndReason.agent_failed, measures={"success": 0.0}),
        }
        whole = unpacked(pack(run_of(*held.values())).body)
        assert [whole["texts"][e[2]] for e in whole["episodes"]] == list(reversed(held))


class TestPacking:
    def test_everything_is_in_it(self, tmp_path: Path) -> None:
        run = open_run(write_run(tmp_path, people=6, domain=TRAILS))
        packed = pack(run)
        whole = unpacked(packed.body)
        assert (packed.kept, packed.of, len(whole["episodes"])) == (60, 60, 60)
        said = {x.said for e in run.episodes for x in e.exchanges}
        titles = {i.title for e in run.episodes for x in e.exchanges for i in x.slate}
        assert said <= set(whole["texts"])
        assert titles == {whole["texts"][t] for _, t in whole["items"]}

    def test_a_page_that_is_too_large_keeps_fewer_people_but_all_their_dialogues(self, tmp_path: Path) -> None:
        run = open_run(write_run(tmp_path, people=30))
        full = pack(run)
        packed = pack(run, largest=len(full.body) // 2)
        whole = unpacked(packed.body)
        assert len(packed.body) <= len(full.body) // 2
        members: dict[str, int] = {}
        for row in whole["episodes"]:
            members[whole["texts"][row[2]]] = members.get(whole["texts"][row[2]], 0) + 1
        assert set(members.values()) == {2 * len(SYSTEMS)}
        assert 0 < packed.kept < packed.of == 300
        worst = unpacked(full.body)
        assert worst["texts"][worst["episodes"][0][2]] in members

    def test_and_says_so(self, tmp_path: Path) -> None:
        page = write_report(write_run(tmp_path, people=20), largest=12_000).read_text(encoding="utf-8")
        assert re.search(r"\d+ of 200 dialogues are in this page, so that it stays small", Reader(page).text)
        assert len(page) < 400_000


def test_labels_are_spread_apart_in_their_order() -> None:
    moved = spread([10, 11, 12, 100], 15, 0, 105)
    assert all(b - a >= 15 for a, b in pairwise(moved))
    assert moved[-1] <= 105
    assert spread([50.0], 15, 0, 100) == [50.0]


class TestComparing:
    def changed(self, folder: Path, **measures: float) -> None:
        """Play that run again with other measures for the rules."""
        run = open_run(folder)
        held = [
            e.model_copy(update={"measures": {**e.measures, **measures}}) if e.system == "rules" else e
            for e in run.episodes
        ]
        write_lines(folder / "dialogues.jsonl", held)

    def test_a_run_and_itself_do_not_differ(self, tmp_path: Path) -> None:
        folders = [write_run(tmp_path / name, people=6, domain=TRAILS) for name in ("before", "after")]
        found = compare(*folders)
        assert found.manifests == {}
        assert found.flips == ()
        assert (found.paired, found.left_out) == (60, (0, 0))
        assert not any(c.difference.value or c.real for c in found.changes)

    def test_what_changed_is_told_with_paired_intervals(self, tmp_path: Path) -> None:
        before = write_run(tmp_path / "before", people=60)
        after = write_run(tmp_path / "after", people=60, code="newer")
        self.changed(after, success=1.0, turns=1.0)
        found = compare(before, after)
        assert found.manifests == {"code": (None, "newer")}
        moved = {(c.user, c.system, c.measure) for c in found.changes if c.real}
        assert moved == {(u, "rules", m) for u in ("agenda", "taste") for m in ("success", "turns")}
        assert all(c.better for c in found.changes if c.real)
        lost = sum(e.system == "rules" and e.measures["success"] == 0 for e in open_run(before).episodes)
        assert [f.gained for f in found.flips] == [True] * lost
        body = as_metrics(found)
        assert set(body["metrics"]["agenda/rules/success"]) == {"value", "low", "high", "n"}
        assert body["metrics"]["agenda/rules/success"]["value"] > 0
        assert json.loads(json.dumps(body))["manifests"] == {"code": [None, "newer"]}

    def test_trials_of_a_person_are_paired_by_number(self, tmp_path: Path) -> None:
        first, second = write_run(tmp_path / "one", people=3, trials=1), write_run(tmp_path / "two", people=3, trials=2)
        found = compare(first, second)
        assert (found.paired, found.left_out) == (30, (0, 30))
        assert found.manifests["trials"] == (1, 2)
        assert {c.difference.n for c in found.changes if c.measure == "success"} == {3}

    def test_only_dialogues_scored_in_both_count(self, tmp_path: Path) -> None:
        for name, values in (("one", [1.0, None, 0.0]), ("two", [0.0, 1.0, 0.0])):
            (tmp_path / name).mkdir()
            (tmp_path / name / "manifest.json").write_text('{"jobs": 3}', encoding="utf-8")
            write_lines(tmp_path / name / "dialogues.jsonl", measured("rules", values))
        (change,) = compare(tmp_path / "one", tmp_path / "two").changes
        assert (change.difference.value, change.difference.n, change.better) == (-0.5, 2, False)

    @pytest.mark.parametrize(
        ("other", "why"),
        [
            ({"domain": TRAILS}, "catalogue differs"),
            ({"population": "b"}, "population differs"),
            ({"turns": 5}, "limit on turns differs"),
            ({"systems": SYSTEMS[3:]}, "the systems are model, rules, rules-no-questions and popularity, random"),
            ({"users": ("taste",)}, "the kinds of user are agenda and taste"),
            ({"seed": 8}, "does not want the same"),
        ],
    )
    def test_what_cannot_be_paired_is_refused(self, tmp_path: Path, other: dict[str, Any], why: str) -> None:
        given: dict[str, Any] = {"people": 3, "users": ("agenda",), "systems": SYSTEMS[:3], "population": "a"}
        before = write_run(tmp_path / "before", **given)
        after = write_run(tmp_path / "after", **(given | other))
        with pytest.raises(BadInput, match=why):
            compare(before, after)

    def test_the_table_says_what_is_better(self, tmp_path: Path) -> None:
        before, after = (write_run(tmp_path / name, people=25) for name in ("before", "after"))
        self.changed(after, turns=11.0, success=0.0)
        found = compare(before, after)
        console = Console(width=180, record=True, file=io.StringIO())
        console.print(changes_table(found), flips_table(found, most=2))
        text = console.export_text()
        assert "before → after: 250 dialogues paired; 0 gained" in text
        assert "worse" in text
        assert "the first 2 of them" in text
        assert len(changes_table(found, every=True).rows) > len(changes_table(found).rows)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "spring"
    write_run(folder, people=40)
    run = open_run(folder)
    first = run.episodes[0]
    marked = first.exchanges[0].model_copy(update={"reply": f"{NASTY} **Strong**"})
    spoilt = first.model_copy(
        update={"fault": NASTY, "ending": EndReason.agent_failed, "exchanges": (marked, *first.exchanges[1:])}
    )
    write_lines(folder / "dialogues.jsonl", [spoilt, *run.episodes[1:]])
    return write_report(folder)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed (apt-get install chromium)")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, headless=True, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()


@contextmanager
def reading(chromium: Any, file: Path, address: str = "", **context: Any) -> Iterator[Any]:
    """A reader's page; nothing may be asked for beside the file itself, and the console stays silent."""
    reader = chromium.new_context(**context)
    page = reader.new_page()
    page.set_default_timeout(PATIENCE_MS)
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda r: asked.append(r.url))
    page.on("console", lambda m: complaints.append(m.text) if m.type in {"error", "warning"} else None)
    page.on("pageerror", lambda e: complaints.append(str(e)))
    page.goto(f"file://{file}{address}")
    page.locator("#list button").first.wait_for()
    try:
        yield page
    finally:
        reader.close()
    assert [a for a in asked if not a.startswith(f"file://{file}")] == []
    assert complaints == []


@pytest.mark.browser
class TestInABrowser:
    @pytest.mark.parametrize("scheme", ["light", "dark"])
    @pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
    def test_it_fits_and_can_be_read(self, chromium: Any, report: Path, size: dict[str, int], scheme: str) -> None:
        with reading(chromium, report, viewport=size, color_scheme=scheme) as page:
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
            assert page.evaluate(FAINT) == []
            name = f"experiment-{'wide' if size is WIDE else 'narrow'}-{scheme}"
            SHOTS.mkdir(exist_ok=True)
            page.screenshot(path=SHOTS / f"{name}-1-top.png")
            page.locator("#agenda").scroll_into_view_if_needed()
            page.evaluate("document.querySelector('#agenda').scrollIntoView()")
            page.screenshot(path=SHOTS / f"{name}-2-plots.png")
            page.locator("#list button").nth(2).click()
            page.locator("#beside").select_option(index=2)
            page.evaluate("document.querySelector('#reader').scrollIntoView()")
            page.screenshot(path=SHOTS / f"{name}-3-dialogue.png")
            assert page.locator(".dialogue").count() == 2
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")

    def test_filters(self, chromium: Any, report: Path) -> None:
        with reading(chromium, report) as page:
            count = page.locator("#count")
            assert count.inner_text() == "400 dialogues"
            page.locator("#f-system").select_option(label="random")
            page.locator("#f-user").select_option(label="taste")
            assert count.inner_text() == "40 of 400 dialogues"
            page.locator("#f-measure").select_option(label="success")
            page.locator("#f-value").fill("1")
            run = open_run(report.parent)
            won = sum(e.system == "random" and e.user == "taste" and e.measures["success"] == 1 for e in run.episodes)
            assert count.inner_text().startswith(f"{won} of 400")
            page.locator("#f-measure").select_option(label="judged")
            page.locator("#f-way").select_option("none")
            assert count.inner_text() == "40 of 400 dialogues"
            page.get_by_role("button", name="Clear").click()
            page.wait_for_function("document.querySelector('#count').textContent === '400 dialogues'")
            page.locator("#f-ending").select_option(label="the agent failed")
            failed = sum(e.ending is EndReason.agent_failed for e in run.episodes)
            assert count.inner_text() == f"{failed} of 400 dialogues"

    def test_more_are_shown_on_demand_and_focus_goes_on(self, chromium: Any, report: Path) -> None:
        with reading(chromium, report) as page:
            assert page.locator("#list button").count() == 40
            page.locator("#more").click()
            assert page.locator("#list button").count() == 80
            assert page.evaluate("document.activeElement === document.querySelectorAll('#list button')[40]")

    def test_what_a_run_says_is_shown_and_never_run(self, chromium: Any, report: Path) -> None:
        with reading(chromium, report) as page:
            page.on("dialog", lambda d: pytest.fail("a message was run"))
            page.locator("#f-words").fill("alert(1)")
            page.wait_for_function("document.querySelector('#count').textContent === '1 of 400 dialogues'")
            page.locator("#list button").first.click()
            said = page.locator(".agent-says").first
            assert NASTY in said.inner_text()
            assert said.locator("strong").all_inner_texts() == ["Strong"]
            assert NASTY in page.locator(".dialogue .warning").inner_text()

    def test_a_dialogue_has_an_address_of_its_own(self, chromium: Any, report: Path) -> None:
        with reading(chromium, report, "#dialogue/rules/taste/p7/0") as page:
            page.locator("#reader h3").wait_for()
            assert page.locator("#reader h3").inner_text().lower() == "taste user p7"
            page.locator("#beside").select_option(label="popularity")
            assert page.locator(".dialogue h4").all_inner_texts() == ["rules", "popularity"]
            page.get_by_text("What happened").first.click()
            assert page.get_by_text("no language model was called").first.is_visible()

    def test_by_keyboard_alone(self, chromium: Any, report: Path) -> None:
        with reading(chromium, report) as page:
            page.keyboard.press("Tab")
            assert page.evaluate("document.activeElement.className") == "skip"
            page.keyboard.press("Enter")
            wanted = page.locator("#list button").nth(1)
            for _ in range(30):
                page.keyboard.press("Tab")
                if wanted.evaluate("e => e === document.activeElement"):
                    break
            page.keyboard.press("Enter")
            assert wanted.get_attribute("aria-current") == "true"
            assert page.evaluate("document.activeElement.id") == "reader"
            unnamed = "e => !(e.labels?.length || e.ariaLabel || e.innerText.trim())"
            assert page.evaluate(f"[...document.querySelectorAll('button,select,input')].filter({unnamed}).length") == 0


FAINT = """
(() => {
  const parts = (c) => (c.match(/[\\d.]+/g) || []).map(Number);
  const light = (c) => {
    const [r, g, b] = c.map((v) => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const back = (e) => {
    for (; e; e = e.parentElement) {
      const c = parts(getComputedStyle(e).backgroundColor);
      if (c.length === 3 || (c.length === 4 && c[3] > 0.99)) return c.slice(0, 3);
    }
    return [255, 255, 255];
  };
  const faint = [];
  for (const e of document.querySelectorAll('body :not(script, style, svg *)')) {
    const said = [...e.childNodes].filter((n) => n.nodeType === 3).map((n) => n.textContent.trim()).join('');
    if (!said || !e.offsetParent || e.disabled) continue;
    const [one, two] = [light(parts(getComputedStyle(e).color).slice(0, 3)), light(back(e))].sort((a, b) => b - a);
    if ((one + 0.05) / (two + 0.05) < 4.5) faint.push(`${e.tagName}.${e.className}: ${said.slice(0, 30)}`);
  }
  return [...new Set(faint)];
})()
"""
