"""From episodes to figures: what is averaged over what, which differences are real, and what is not scored."""

from __future__ import annotations

import itertools
import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kendalltau

from core.errors import BadInput
from evaluation.experiment.analysis import Analysis, analyse
from evaluation.experiment.analysis.agreement import agreements, tau_b
from evaluation.experiment.analysis.exposure import exposure, gini
from evaluation.experiment.analysis.glossary import in_order, measure, said, said_change
from evaluation.experiment.analysis.pairs import FLIPS, holm, paired, sign_flip
from evaluation.experiment.analysis.scores import Key, by_member, found_by, ratio, scores
from evaluation.experiment.analysis.speed import speeds
from evaluation.experiment.episodes import Episode, Exchange, ShownItem, Timing
from evaluation.experiment.reading import Manifest, Run, count_done, open_run
from simulation.protocol import EndReason
from tests.evaluation.episodes import TEAS, TRAILS, Domain, episode, measured, write_lines, write_run


def run_of(*episodes: Episode, **manifest: object) -> Run:
    """A run of these episodes."""
    return Run(
        folder=Path("made-up"), manifest=Manifest.model_validate({"jobs": len(episodes)} | manifest), episodes=episodes
    )


def analysis_of(*episodes: Episode, **manifest: object) -> Analysis:
    return analyse(run_of(*episodes, **manifest))


class TestReading:
    @pytest.mark.parametrize("domain", [TEAS, TRAILS])
    def test_a_finished_run_is_read_back(self, tmp_path: Path, domain: Domain) -> None:
        run = open_run(write_run(tmp_path / "run", people=3, domain=domain))
        assert run.complete
        assert len(run.episodes) == len(run.timings) == run.manifest.jobs == count_done(tmp_path / "run") == 30
        assert run.systems == ("model", "rules", "rules-no-questions", "popularity", "random")
        assert run.users == ("agenda", "taste")
        assert run.manifest.catalog == domain.name

    def test_a_running_one_is_read_from_its_parts(self, tmp_path: Path) -> None:
        write_run(tmp_path, people=2, users=("agenda",))
        parts = tmp_path / "parts"
        parts.mkdir()
        lines = (tmp_path / "dialogues.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
        (parts / "1.jsonl").write_text("".join(lines[:4]), encoding="utf-8")
        (parts / "2.jsonl").write_text("".join(lines[4:7]), encoding="utf-8")
        (tmp_path / "dialogues.jsonl").unlink()
        run = open_run(tmp_path)
        assert (len(run.episodes), count_done(tmp_path), run.complete) == (7, 7, False)
        assert analyse(run).cells

    def test_what_is_no_run_is_said_to_be_none(self, tmp_path: Path) -> None:
        with pytest.raises(BadInput, match=r"no manifest\.json"):
            open_run(tmp_path)
        (tmp_path / "manifest.json").write_text('{"jobs": "many"}', encoding="utf-8")
        with pytest.raises(BadInput, match="jobs"):
            open_run(tmp_path)

    def test_a_broken_line_is_named(self, tmp_path: Path) -> None:
        write_run(tmp_path, people=1)
        with (tmp_path / "dialogues.jsonl").open("a", encoding="utf-8") as file:
            file.write('{"system": "rules"}\n')
        with pytest.raises(BadInput, match=r"Line 11 of .*dialogues\.jsonl is no episode"):
            open_run(tmp_path)

    def test_keys_of_the_manifest_that_are_new_are_kept(self) -> None:
        assert Manifest.model_validate({"jobs": 1, "started": "noon"}).model_dump()["started"] == "noon"


class TestScores:
    def test_trials_of_a_member_are_averaged_first(self) -> None:
        pairs = [("a", 1.0), ("a", 0.0), ("a", 0.0), ("b", 1.0)]
        assert by_member(pairs) == {"a": pytest.approx(1 / 3), "b": 1.0}

    def test_unscored_is_not_zero(self) -> None:
        held = analysis_of(*measured("rules", [1.0, None, 0.0, None])).cells[0]
        assert (held.figures["success"].value, held.figures["success"].n) == (0.5, 2)
        assert held.unscored == {"success": 2}

    def test_a_measure_nobody_scored_has_no_figure(self) -> None:
        held = analysis_of(*measured("rules", [None, None], "judged")).cells[0]
        assert held.figures == {}
        assert held.unscored == {"judged": 2}

    def test_a_ratio_is_of_sums(self) -> None:
        figure = ratio([1, 0, 3], [2, 0, 4])
        assert figure is not None
        assert figure.value == pytest.approx(4 / 6, abs=1e-4)
        assert figure.low <= figure.value <= figure.high
        assert ratio([0, 0], [0, 0]) is None


class TestCurve:
    def test_success_by_turn_counts_who_was_served_by_then(self) -> None:
        held = [
            episode(member=f"p{n}", measures={"success": s, "turns": t})
            for n, (s, t) in enumerate([(1.0, 1.0), (1.0, 3.0), (0.0, 5.0), (0.0, 5.0)])
        ]
        cell = analysis_of(*held, turns=4).cells[0]
        assert [f.value for f in cell.curve] == [0.25, 0.25, 0.5, 0.5]
        assert cell.curve[-1].value == cell.figures["success"].value
        assert cell.figures["turns"].value == 3.5

    def test_it_never_falls(self, tmp_path: Path) -> None:
        for cell in analyse(open_run(write_run(tmp_path, people=20))).cells:
            values = [f.value for f in cell.curve]
            assert values == sorted(values)
            assert values[-1] == cell.figures["success"].value

    def test_without_the_measure_turns_messages_are_counted(self) -> None:
        two = episode(
            measures={"success": 1.0}, exchanges=[Exchange(said="a", reply="b"), Exchange(said="c", reply="d")]
        )
        assert found_by([two], 1) == {"p0": 0.0}
        assert found_by([two], 2) == {"p0": 1.0}


def test_pass_k_wants_all_trials_right() -> None:
    right = {"a": (1, 1, 1), "b": (1, 0, 1), "c": (0, 0, 0)}
    held = [
        episode(member=m, trial=t, measures={"success": float(s)})
        for m, trial in right.items()
        for t, s in enumerate(trial)
    ]
    found = analysis_of(*held, trials=3).cells[0].pass_hat
    assert found[1].value == pytest.approx((1 + 2 / 3 + 0) / 3, abs=1e-4)
    assert found[2].value == pytest.approx((1 + 1 / 3 + 0) / 3, abs=1e-4)
    assert found[3].value == pytest.approx(1 / 3, abs=1e-4)


def test_pass_k_leaves_out_members_whose_trials_are_not_all_there() -> None:
    held = [episode(member="a", trial=t, measures={"success": 1.0}) for t in (0, 1)]
    held.append(episode(member="b", measures={"success": 0.0}))
    assert analysis_of(*held, trials=2).cells[0].pass_hat[2].n == 1


class TestPairs:
    def test_members_are_paired_by_name_not_by_place(self) -> None:
        first = measured("a", [1.0, 0.0, 1.0])
        second = [e.model_copy(update={"system": "b"}) for e in reversed(first)]
        (pair,) = analysis_of(*first, *second).between("agenda", "success")
        assert pair.difference.value == pair.difference.low == pair.difference.high == 0
        assert (pair.p, pair.real) == (1.0, False)

    def test_only_members_scored_in_both_count(self) -> None:
        pair = analysis_of(*measured("a", [1.0, None, 1.0]), *measured("b", [0.0, 1.0])).between("agenda", "success")
        assert [p.difference.n for p in pair] == [1]

    def test_kinds_of_user_are_never_mixed(self) -> None:
        found = analysis_of(*measured("a", [1.0]), *measured("b", [0.0], user="taste"))
        assert found.pairs == ()

    def test_a_large_difference_is_real_and_a_small_one_is_not(self) -> None:
        chance = random.Random(1)
        low = [float(chance.random() < 0.4) for _ in range(200)]
        near = [float(chance.random() < 0.41) for _ in range(200)]
        high = [float(chance.random() < 0.8) for _ in range(200)]
        found = analysis_of(*measured("low", low), *measured("near", near), *measured("high", high))
        real = {(p.first, p.second): p.real for p in found.between("agenda", "success")}
        assert real == {("low", "near"): False, ("low", "high"): True, ("near", "high"): True}

    def test_a_small_test_is_exact(self) -> None:
        """With three equal differences 2 of the 8 signings are as far from zero: p = 0.25."""
        assert sign_flip([0.5, 0.5, 0.5], seed=3) == pytest.approx(0.25, abs=0.02)

    def test_sign_flips_agree_with_every_signing(self) -> None:
        held = [0.1, 0.7, -0.2, 0.4, 0.3, -0.1, 0.6]
        seen = abs(sum(held)) - 1e-9
        signings = list(itertools.product((1, -1), repeat=len(held)))
        exact = sum(abs(sum(s * d for s, d in zip(signs, held, strict=True))) >= seen for signs in signings) / len(
            signings
        )
        assert sign_flip(held) == pytest.approx(exact, abs=4 * (exact * (1 - exact) / FLIPS) ** 0.5 + 1e-3)

    def test_under_no_difference_false_alarms_are_as_rare_as_promised(self) -> None:
        chance = np.random.default_rng(5)
        alarms = sum(sign_flip(list(chance.choice([-1.0, 0.0, 1.0], size=40)), seed=n) < 0.05 for n in range(200))
        assert alarms <= 20

    def test_holm_by_hand(self) -> None:
        assert holm([0.01, 0.04, 0.03, 0.005]) == [0.03, 0.06, 0.06, 0.02]
        assert holm([]) == []

    @given(st.lists(st.floats(0, 1), max_size=8))
    def test_a_correction_never_lowers_a_p_value_nor_changes_the_order(self, chances: list[float]) -> None:
        corrected = holm(chances)
        assert all(c >= p - 1e-5 for c, p in zip(corrected, chances, strict=True))
        assert all(0 <= c <= 1 for c in corrected)
        ranked = [c for _, c in sorted(zip(chances, corrected, strict=True))]
        assert ranked == sorted(ranked)

    def test_the_correction_is_over_the_pairs_of_one_measure(self) -> None:
        held = {Key("agenda", s): {f"p{m}": float((m + n) % 3 == 0) for m in range(30)} for n, s in enumerate("abc")}
        found = paired(held, "agenda", "success")
        assert [p.holm for p in found] == holm([p.p for p in found])
        assert len(found) == 3


class TestExposure:
    def test_what_was_shown_over_what_there_is(self) -> None:
        slate = (ShownItem(id="x", title="X"), ShownItem(id="y", title="Y"))
        held = episode(
            exchanges=[Exchange(said="a", reply="b", slate=slate), Exchange(said="a", reply="b", slate=slate[:1])]
        )
        found = exposure([held], 4)
        assert (found.shown, found.distinct, found.coverage) == (3, 2, 0.5)
        assert exposure([held], None).coverage is None
        assert exposure([], 4).gini is None

    def test_gini_by_hand(self) -> None:
        assert gini([5, 5, 5, 5], 4) == 0
        assert gini([8], 4) == pytest.approx(0.75)
        assert gini([1, 3], 2) == pytest.approx(0.25)

    @given(st.lists(st.integers(1, 50), min_size=1, max_size=20), st.integers(0, 30))
    def test_gini_is_half_the_relative_mean_difference(self, counts: list[int], unseen: int) -> None:
        every = counts + [0] * unseen
        mean_difference = sum(abs(a - b) for a in every for b in every) / len(every) ** 2
        assert gini(counts, len(every)) == pytest.approx(mean_difference / (2 * sum(every) / len(every)), abs=1e-4)


class TestAgreement:
    @given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=3, max_size=6))
    def test_tau_is_that_of_scipy(self, pairs: list[tuple[int, int]]) -> None:
        one, other = (np.asarray(side, dtype=np.float64) for side in zip(*pairs, strict=True))
        mine, theirs = float(tau_b(one, other)), float(kendalltau(one, other).statistic)
        assert mine == pytest.approx(theirs, nan_ok=True)

    def test_the_same_and_the_reverse_order(self) -> None:
        members = [f"p{n}" for n in range(30)]
        high = {f"s{n}": dict.fromkeys(members, n / 10) for n in range(4)}
        one = {Key("agenda", s): v for s, v in high.items()}
        same = {Key("taste", s): v for s, v in high.items()}
        reverse = {Key("model", s): {m: -x for m, x in v.items()} for s, v in high.items()}
        found = agreements({**one, **same, **reverse}, "success")
        assert {(a.first, a.second): (a.tau.value, a.tau.low, a.tau.high) for a in found} == {
            ("agenda", "taste"): (1, 1, 1),
            ("agenda", "model"): (-1, -1, -1),
            ("taste", "model"): (-1, -1, -1),
        }

    def test_two_systems_make_no_order(self) -> None:
        held = {Key(u, s): {"p0": float(n)} for u in ("agenda", "taste") for n, s in enumerate("ab")}
        assert agreements(held, "success") == []


def test_latency_is_of_turns_and_stages_are_per_turn() -> None:
    held = [
        Timing(
            system="a",
            user="agenda",
            member=f"p{n}",
            trial=0,
            ms=100.0 * n,
            turns_ms=(10.0 * n, 20.0 * n),
            stages_ms={"rank": 6.0 * n},
        )
        for n in (1, 2, 3)
    ]
    held.append(Timing(system="b", user="agenda", member="p1", trial=0, ms=5.0))
    (found,) = speeds(held)
    assert (found.system, found.turns, found.dialogue) == ("a", 6, 200.0)
    assert found.p50 == 25.0
    assert found.p95 == pytest.approx(55.0)
    assert found.stages == {"rank": 6.0}


def test_endings_keep_choice_and_fault_apart() -> None:
    ends = [EndReason.accepted, EndReason.given_up, EndReason.accepted, EndReason.agent_failed]
    cell = analysis_of(*(episode(member=f"p{n}", ending=e) for n, e in enumerate(ends))).cells[0]
    assert cell.endings == {EndReason.accepted: 2, EndReason.given_up: 1, EndReason.agent_failed: 1}
    assert [e.by_choice for e in cell.endings] == [True, True, False]


def test_segments_add_up_to_the_whole(tmp_path: Path) -> None:
    found = analyse(open_run(write_run(tmp_path, people=24, domain=TRAILS)))
    for cell in found.cells:
        parts = [s for s in found.segments if (s.user, s.system, s.name) == (cell.user, cell.system, "activity")]
        whole = sum(s.figure.value * s.figure.n for s in parts) / sum(s.figure.n for s in parts)
        assert {s.value for s in parts} == {"heavy", "light"}
        assert whole == pytest.approx(cell.figures["success"].value, abs=1e-3)
    assert {s.name for s in found.segments} == {"persona", "activity", "taste"}


def test_a_kind_is_judged_by_the_first_measure_it_scores() -> None:
    found = analysis_of(
        *measured("a", [None]), *measured("a", [0.4], "ndcg", "taste"), *measured("a", [0.4], "odd", "model")
    )
    assert found.leading == {"taste": "ndcg"}


def test_the_same_run_gives_the_same_figures(tmp_path: Path) -> None:
    folder = write_run(tmp_path, people=8)
    assert analyse(open_run(folder)) == analyse(open_run(folder))
    lines = (folder / "dialogues.jsonl").read_bytes()
    assert write_run(tmp_path / "again", people=8).joinpath("dialogues.jsonl").read_bytes() == lines


def test_the_order_of_lines_does_not_matter(tmp_path: Path) -> None:
    run = open_run(write_run(tmp_path / "a", people=10))
    turned = open_run(write_run(tmp_path / "b", people=10))
    write_lines(tmp_path / "b" / "dialogues.jsonl", random.Random(3).sample(turned.episodes, len(turned.episodes)))
    first, second = analyse(run), analyse(open_run(tmp_path / "b"))
    assert {(c.user, c.system): c.figures["success"] for c in first.cells} == {
        (c.user, c.system): c.figures["success"] for c in second.cells
    }


class TestGlossary:
    def test_known_measures_come_first_and_variants_after_theirs(self) -> None:
        assert in_order(["odd", "turns", "success_at/5", "success"]) == ["success", "success_at/5", "turns", "odd"]

    def test_an_unknown_measure_is_shown_without_a_better_way(self) -> None:
        assert (measure("odd_thing").label, measure("odd_thing").better) == ("odd thing", "neither")
        assert measure("success_at/3").label == "success by turn 3"

    def test_values_in_words(self) -> None:
        assert [said(0.625, "success"), said(4.31, "turns"), said(1234.5, "tokens"), said(0.5, "ndcg")] == [
            "62.5 %",
            "4.31",
            "1,234",
            "0.500",
        ]
        assert [said_change(0.1, "success"), said_change(-0.1, "turns"), said_change(0.0, "turns")] == [
            "+10.0 points",
            "−0.10",
            "±0.00",
        ]


def test_scores_take_the_mean_over_scored_trials_only() -> None:
    held = [episode(trial=t, measures={"success": v}) for t, v in enumerate([1.0, None, 0.0])]
    assert scores(held, "success") == {"p0": 0.5}
