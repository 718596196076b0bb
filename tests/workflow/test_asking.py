"""What a person is asked, and what becomes of the answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from reasoncli.domain import NEITHER, Candidate, ClaimFate, Question, Status
from reasoncli.verification.behaviour import Asked, Behaviour, Recording, digest
from reasoncli.verification.nearness import Mentions
from reasoncli.verification.watching import Watched
from reasoncli.voting.ballot import decide
from reasoncli.workflow.asking import MOST_QUESTIONS, asked, carried
from tests.voting.helpers import CLEAN, FIXES, candidate


def run(outcomes: Mapping[int, object]) -> Behaviour:
    recording = Recording()
    recording.start("t")
    for argument, value in outcomes.items():
        recording.value(1, f"a{argument}", ["list", argument])
        recording.value(1, f"o{argument}", ["returns", value])
        recording.call(1, "m.py:f", f"a{argument}", f"o{argument}", None)
    return recording.behaviour()


def watched(base: Mapping[int, object], *runs: Mapping[int, object]) -> Watched:
    calls = frozenset(Asked("t", "m.py:f", digest(["list", argument])) for argument in base)
    return Watched(run(base), {f"exec-{n}": run(outcomes) for n, outcomes in enumerate(runs)}, calls)


class Person:
    """Answers in turn, and keeps what was asked."""

    def __init__(self, *answers: int | None) -> None:
        self.answers = list(answers)
        self.questions: list[Question] = []

    def __call__(self, question: Question) -> int | None:
        self.questions.append(question)
        return self.answers.pop(0)

    def consents(self, chosen: Candidate, why: str) -> bool:
        raise AssertionError((chosen, why))


def chosen(candidates: tuple[Candidate, ...]) -> int | None:
    return decide(candidates, targets=2, samples=9).chosen


LEADING = (candidate(0, "a", 3, CLEAN), candidate(1, "b", 2), candidate(2, "c", 1))
SEEN = watched({1: 0, 2: 0}, {1: 5, 2: 7}, {1: 6, 2: 7}, {1: 5, 2: 8})


def test_the_leaders_first_difference_is_asked_and_the_answer_outweighs_votes() -> None:
    person = Person(1)
    found = asked(LEADING, SEEN, person)
    (question,) = person.questions
    assert (question.call, question.test, question.base) == ("f(1)", "t", "returns 0")
    assert [(way.outcome, way.votes) for way in question.ways] == [("returns 5", 4), ("returns 6", 2)]
    assert chosen(found) == 1
    decision = decide(found, targets=2, samples=9)
    assert "It does what you said is right: `f(1)` returns 6." in decision.reasons


@pytest.mark.parametrize(
    ("issue", "call", "outcomes"),
    [
        ("", "f(1)", ["returns 5", "returns 6"]),
        ("f(3) should be 8", "f(3)", ["returns 7", "returns 8"]),
        ("f(4) should be 8", "f(4)", ["returns 7", "returns 8"]),
    ],
)
def test_what_the_issue_shows_is_asked_first_whoever_differs_there(issue: str, call: str, outcomes: list[str]) -> None:
    base = dict.fromkeys((1, 3, 4), 0)
    seen = watched(base, {1: 5, 3: 7, 4: 7}, {1: 6, 3: 8, 4: 7}, {1: 5, 3: 7, 4: 8})
    person = Person(None)
    asked(LEADING, replace(seen, mentions=Mentions.of(issue)), person)
    (question,) = person.questions
    assert (question.call, [way.outcome for way in question.ways]) == (call, outcomes)


def test_programs_that_vote_together_are_told_apart_by_what_was_tried() -> None:
    together = tuple(replace(each, behaviour="same") for each in LEADING)
    tried = frozenset(each._replace(tried=True) for each in SEEN.calls)
    runs = {
        key: Behaviour({call._replace(tried=True): came for call, came in each.calls.items()}, each.values)
        for key, each in (*SEEN.runs.items(), ("base", SEEN.base))
    }
    only_tried = Watched(runs.pop("base"), runs, frozenset(), tried)
    person = Person(1)
    assert chosen(asked(together, only_tried, person)) == 1
    assert person.questions[0].test == ""


def test_it_is_asked_until_the_leaders_do_not_differ() -> None:
    person = Person(0, 1)
    found = asked(LEADING, SEEN, person)
    assert [question.call for question in person.questions] == ["f(1)", "f(2)"]
    assert chosen(found) == 2


def test_where_all_are_wrong_nothing_is_chosen() -> None:
    person = Person(NEITHER)
    decision = decide(asked(LEADING, SEEN, person), targets=2, samples=9)
    assert (decision.status, decision.chosen) == (Status.NONE, None)
    assert any("what you said is wrong" in reason for reason in decision.reasons)


def test_who_does_not_know_leaves_it_to_the_vote() -> None:
    person = Person(None)
    assert asked(LEADING, SEEN, person) == LEADING


def test_what_was_answered_is_not_asked_again_and_outlives_another_verdict() -> None:
    first = asked(LEADING, SEEN, Person(1))
    again = tuple(replace(each, verdict=carried(each.verdict, CLEAN)) for each in first)
    person = Person()
    assert asked(again, SEEN, person) == again
    assert not person.questions
    assert [claim.fate for each in again if each.verdict for claim in each.verdict.claims] == [
        ClaimFate.UNMET,
        ClaimFate.MET,
        ClaimFate.UNMET,
    ]


def test_an_answer_holds_for_other_texts_of_the_same_program() -> None:
    twin = candidate(3, "a", 4)
    found = asked((*LEADING, twin), SEEN, Person(1))
    assert chosen(found) == 1


def test_there_is_an_end_to_questions() -> None:
    many = [{n: n == argument for n in range(9)} for argument in range(9)]
    candidates = tuple(candidate(n, f"k{n}", 1, FIXES) for n in range(9))
    person = Person(*[1] * 9)
    asked(candidates, watched(dict.fromkeys(range(9), 2), *many), person)
    assert 1 <= len(person.questions) <= MOST_QUESTIONS


@pytest.mark.parametrize("candidates", [(), (candidate(0, "a", 1, None),), (candidate(0, "a"),)])
def test_with_nothing_to_compare_nobody_is_asked(candidates: tuple[Candidate, ...]) -> None:
    person = Person()
    assert asked(candidates, SEEN, person) == candidates
