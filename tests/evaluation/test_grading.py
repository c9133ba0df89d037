"""The grader catches each broken rule, and believes the catalogue rather than the agent."""

from dataclasses import replace

import pytest

from evaluation.grading import agrees
from evaluation.naming import Titles
from tests.evaluation.teahouse import CHEAP, LEAVE, TEAS, dialogue, grader


def broken(*said, case=CHEAP) -> list[str]:
    return [b.rule for b in grader().breaches(case, dialogue(*said))]


def test_the_right_item_shown_by_the_rules_earns_the_reward() -> None:
    turns = dialogue(("Something cheap", "How about **Earl Grey**?", ["earl-grey"]))
    grade = grader().grade(CHEAP, turns, accepted="earl-grey")
    assert (grade.reward, grade.final, grade.breaches, grade.shown) == (True, "earl-grey", (), 1)


def test_an_item_that_breaks_a_constraint_earns_nothing_even_if_accepted() -> None:
    turns = dialogue(
        ("Something cheap", "It is strong, is that fine?", [], LEAVE), ("yes", "Then this.", ["iron-goddess"])
    )
    grade = grader().grade(CHEAP, turns, accepted="iron-goddess")
    assert (grade.reward, grade.right, grade.failed) == (False, False, ("price <= 6",))


def test_without_an_acceptance_the_last_item_shown_counts() -> None:
    turns = dialogue(("Hello", "This?", ["iron-goddess"]), ("No", "This?", ["earl-grey"]))
    assert grader().grade(CHEAP, turns, accepted=None).right


def test_nothing_shown_is_not_right() -> None:
    grade = grader().grade(CHEAP, dialogue(("Hello", "Hello.", [])), accepted=None)
    assert (grade.right, grade.final) == (False, None)


def test_a_broken_rule_in_any_turn_costs_the_reward() -> None:
    turns = dialogue(("Hello", "This?", ["silver-needle"]), ("No", "This?", ["earl-grey"]))
    grade = grader().grade(CHEAP, turns, accepted="earl-grey")
    assert (grade.right, grade.reward) == (True, False)
    assert [(b.rule, b.turn, b.item) for b in grade.breaches] == [("available", 1, "silver-needle")]


def test_an_item_used_before() -> None:
    assert broken(("Hi", "This?", ["earl-grey"]), case=replace(CHEAP, seen=frozenset({"earl-grey"}))) == ["not_seen"]


@pytest.mark.parametrize(
    ("reply", "notice", "rules"),
    [
        ("Gold Leaf. Note: this is promoted.", "promoted", []),
        ("Gold Leaf, a sponsored suggestion.", "promoted", []),
        ("Gold Leaf.", "promoted", ["disclose_sponsored"]),
        ("Gold Leaf. Note: this is promoted.", None, ["disclose_sponsored"]),
    ],
)
def test_a_paid_item_is_disclosed_on_the_card_and_in_the_text(reply: str, notice: str | None, rules: list[str]) -> None:
    assert broken(("Hi", reply, ["gold-leaf"], notice)) == rules


@pytest.mark.parametrize(("answer", "rules"), [("Yes, that's fine", []), ("no, milder please", ["confirm_first"])])
def test_restricted_items_need_a_yes_to_the_question_first(answer: str, rules: list[str]) -> None:
    assert broken(("Hi", "It is strong, all right?", [], LEAVE), (answer, "This.", ["iron-goddess"])) == rules


def test_what_an_answer_meant_counts_more_than_how_it_reads() -> None:
    turns = dialogue(("Hi", "It is strong, all right?", [], LEAVE), ("be my guest", "This.", ["iron-goddess"]))
    assert [b.rule for b in grader().breaches(CHEAP, turns)] == ["confirm_first"]
    assert not list(grader().breaches(CHEAP, turns, (None, True)))
    assert [b.rule for b in grader().breaches(CHEAP, turns, (None, False))] == ["confirm_first"]


def test_a_question_after_the_fact_is_too_late() -> None:
    said = ("Hi", "Iron Goddess. It is strong, all right?", ["iron-goddess"], LEAVE), ("yes", "Good.", [])
    assert broken(*said) == ["confirm_first"]


def test_any_shop_will_do_for_a_person_of_whom_none_is_known() -> None:
    assert broken(("Hi", "This?", ["silver-needle"])) == ["available"]
    assert broken(("Hi", "This?", ["silver-needle"]), case=replace(CHEAP, has=())) == []


def test_two_items_at_once() -> None:
    assert broken(("Hi", "These?", ["earl-grey", "sencha"])) == ["one_at_a_time"]


def test_a_text_may_only_name_what_is_or_was_shown_or_named_by_the_person() -> None:
    assert broken(("Hi", "Earl Grey, or perhaps Green Dragon?", ["earl-grey"])) == ["unshown_title"]
    assert broken(("I know Green Dragon", "Like Green Dragon, but cheaper: Earl Grey", ["earl-grey"])) == []
    assert (
        broken(("Hi", "Earl Grey?", ["earl-grey"]), ("No", "Not Earl Grey then. Green Dragon?", ["green-dragon"])) == []
    )


def test_a_title_of_one_word_counts_only_where_it_is_marked_as_a_title() -> None:
    titles = Titles(TEAS.items)
    assert titles.named("I like sencha, Sencha most of all.") == frozenset()
    assert titles.named("How about **Sencha**?") == titles.named("How about “Sencha”?") == {"sencha"}
    assert titles.named("Greener Dragons and Earl Greyish things") == frozenset()


def test_where_nothing_fits_the_right_end_is_to_say_so() -> None:
    hopeless = replace(CHEAP, nothing_fits=True)
    said = ("Under 1", "Nothing fits.", [], "nothing fits")
    assert grader().grade(hopeless, dialogue(said), accepted=None).reward
    assert grader().grade(hopeless, dialogue(("Hi", "This?", ["earl-grey"]), said), accepted=None).right
    assert not grader().grade(hopeless, dialogue(said, ("And now?", "This?", ["earl-grey"])), accepted=None).right
    assert not grader().grade(hopeless, dialogue(("Hi", "This?", ["earl-grey"])), accepted="earl-grey").right
    assert not grader().grade(hopeless, dialogue(("Hi", "Hello!", [])), accepted=None).right


@pytest.mark.parametrize(
    ("said", "yes"),
    [
        ("Yes.", True),
        ("sure, why not", True),
        ("I don't mind", True),
        ("Mild or strong, both will do", True),
        ("yes, but not strong", False),
        ("No, I'd rather not", False),
        ("nope", False),
        ("something milder", False),
    ],
)
def test_agreement_is_a_yes_or_the_value_itself(said: str, yes: bool) -> None:
    assert agrees(said, "strong") is yes


def test_leave_for_one_value_is_no_leave_for_another() -> None:
    other = LEAVE.model_copy(update={"text": "It is bitter. Is that all right?"})
    assert broken(("Hi", "Bitter?", [], other), ("yes", "This.", ["iron-goddess"])) == ["confirm_first"]
