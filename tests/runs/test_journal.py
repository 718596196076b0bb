from __future__ import annotations

import dataclasses
import sqlite3
import threading
from pathlib import Path

import pytest

from reasoncli.domain import Completion
from reasoncli.errors import DiskFullError, StoreError
from reasoncli.events import CandidateFound, StageFinished, StageStarted, Warned
from reasoncli.repository.applied import Applied, How
from reasoncli.runs.journal import RunJournal
from reasoncli.runs.record import Totals
from reasoncli.runs.store import Store
from tests.runs.samples import BASELINE, CLEAN, FIXES, ISSUE, MANIFEST, PROMPT, SUSPECTS, batch, candidate, decision


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def begun(store: Store) -> RunJournal:
    return store.create(ISSUE, Path("/repo"))


def test_all_that_was_recorded_is_read_again(store: Store) -> None:
    applied = Applied(How.WORK_TREE, "/repo")
    with begun(store) as run:
        run.manifest(MANIFEST)
        run.baseline(BASELINE)
        run.suspects(SUSPECTS)
        run.prompts([PROMPT])
        run.completion_batch(0, batch(0))
        run.completion_batch(1, batch(1))
        run.verdict("exec0", FIXES)
        run.verdict("exec0", CLEAN)
        run(StageStarted("search"))
        run(StageFinished("search", 1.5, "done"))
        run(Warned("careful", "hint"))
        run.decision(decision(), [candidate(0, 5.0), candidate(1)], Totals(72, 1.0, 2.0, {"unparsable": 3}))
        run.applied(applied)
    record = store.read("last")
    assert record.issue == ISSUE
    assert record.manifest == MANIFEST
    assert record.baseline == BASELINE
    assert record.suspects == SUSPECTS
    assert record.prompts == (PROMPT,)
    assert record.recorded.batches == (tuple(batch(0)), tuple(batch(1)))
    assert record.recorded.verdicts == (("exec0", FIXES), ("exec0", CLEAN))
    assert record.candidates == (
        dataclasses.replace(candidate(0, 5.0), verdict=CLEAN),
        candidate(1),
    )
    assert record.decision == decision()
    assert record.totals == Totals(72, 1.0, 2.0, {"unparsable": 3})
    assert record.applied == applied
    assert [(s.stage, s.seconds, s.detail) for s in record.stages] == [("search", 1.5, "done")]
    assert record.warnings == ("careful",)
    assert (record.head.status, record.head.samples, record.head.model) == ("verified", 16, "embedded")


def test_ranked_proposals_are_counted_beside_samples_and_kept_as_what_they_are(store: Store) -> None:
    ranked = [Completion("p0", "edit", 1, (-0.5, -0.25), 0, "stop", batch=0, rank=7, score=-1.75)]
    with begun(store) as run:
        run.completion_batch(0, [*ranked, *batch(0)])
        run.completion_batch(1, [])
    record = store.read("last")
    assert (record.head.samples, record.head.ranked) == (8, 1)
    assert record.recorded.batches == ((*ranked, *batch(0)), ())


def test_a_run_that_came_to_nothing_can_be_read(store: Store) -> None:
    begun(store).close()
    record = store.read("last")
    assert (record.manifest, record.baseline, record.decision, record.applied) == (None, None, None, None)
    assert (record.candidates, record.recorded.batches) == ((), ())


def test_a_batch_is_recorded_once(store: Store) -> None:
    with begun(store) as run:
        run.completion_batch(0, batch(0))
        with pytest.raises(ValueError, match="batch 0"):
            run.completion_batch(0, batch(0))
        run.completion_batch(1, [])
        assert run.load().head.samples == 8
        assert len(run.load().recorded.batches) == 2


def test_candidates_wait_for_the_next_durable_step(store: Store) -> None:
    with begun(store) as run:
        run(CandidateFound(candidate(0, 1)))
        run(CandidateFound(candidate(0, 3)))
        assert store.read(run.id).candidates == ()
        run.verdict("exec0", FIXES)
        (found,) = store.read(run.id).candidates
        assert (found.votes, found.verdict) == (3, FIXES)
        run(CandidateFound(candidate(1)))
    assert len(store.read("last").candidates) == 2


def test_a_search_that_goes_on_takes_nothing_over_from_its_display(store: Store) -> None:
    """What the batch that a kill cut short had shown has the number of another patch now."""
    with begun(store) as run:
        run.completion_batch(0, batch(0))
        run(CandidateFound(candidate(0)))
        run(CandidateFound(candidate(1)))
        run.verdict("exec1", FIXES)
    with store.open("last") as run:
        run.search_begins()
        assert run.load().candidates == ()
        again = dataclasses.replace(candidate(2), index=1)
        run(CandidateFound(candidate(0)))
        run(CandidateFound(again))
        run.verdict("exec0", CLEAN)
        assert run.load().candidates == (dataclasses.replace(candidate(0), verdict=CLEAN), again)
        assert run.load().recorded.verdicts == (("exec1", FIXES), ("exec0", CLEAN))


def test_the_candidates_of_a_decision_are_those_it_was_made_of(store: Store) -> None:
    with begun(store) as run:
        run(CandidateFound(candidate(0)))
        run(CandidateFound(candidate(1)))
        run.verdict("exec0", FIXES)
        run(CandidateFound(candidate(2)))
        chosen = dataclasses.replace(candidate(3, 5.0), index=1)
        run.decision(decision(1), [chosen])
        assert run.load().candidates == (chosen,)


def test_a_decision_that_is_made_again_counts_no_sample_twice(store: Store) -> None:
    with begun(store) as run:
        run.completion_batch(0, batch(0))
        run.decision(decision(), [candidate(0)], Totals(0, 0.0, 0.0, {}))
        assert (run.load().head.status, run.load().head.samples) == ("verified", 16), "8 of a batch cut short"
        run.search_begins()
        record = run.load()
        assert (record.head.status, record.head.samples, record.decision, record.totals) == ("", 8, None, None)
        run.completion_batch(1, batch(1))
        assert run.load().head.samples == 16


def test_an_undo_is_remembered(store: Store) -> None:
    with begun(store) as run:
        run.applied(Applied(How.WORK_TREE, "/repo"))
        run.undone()
        assert run.load().head.undone is not None
        run.applied(Applied(How.WORK_TREE, "/repo"))
        assert run.load().head.undone is None


def test_many_threads_may_write(store: Store) -> None:
    with begun(store) as run:
        threads = [
            threading.Thread(target=lambda n=n: [run.verdict(f"{n}-{i}", FIXES) for i in range(20)]) for n in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(run.load().recorded.verdicts) == 80


def test_closing_twice_is_closing(store: Store) -> None:
    run = begun(store)
    run.close()
    run.close()


def fill(run: RunJournal) -> None:
    for number in range(1, 100):
        run.completion_batch(number, batch(number, 200))


def test_a_full_disk_is_called_that_and_keeps_what_was_recorded(store: Store) -> None:
    with begun(store) as run:
        run.completion_batch(0, batch(0))
        (pages,) = run._db.execute("PRAGMA page_count").fetchone()
        run._db.execute(f"PRAGMA max_page_count = {pages + 4}")
        with pytest.raises(DiskFullError) as caught:
            fill(run)
        assert "resume" in caught.value.hint
        run._db.execute("PRAGMA max_page_count = 100000")
        whole = run.load().recorded.batches
        assert 1 <= len(whole) < 100
        run.completion_batch(len(whole), batch(len(whole)))  # the journal works on once there is space
    assert len(store.read("last").recorded.batches) == len(whole) + 1


def test_another_program_that_holds_the_file_is_named(store: Store) -> None:
    with begun(store) as run:
        run._db.execute("PRAGMA busy_timeout = 50")
        other = sqlite3.connect(run.folder / "run.sqlite", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="in use"):
            run.verdict("k", FIXES)
        other.execute("ROLLBACK")
        other.close()
        run.verdict("k", FIXES)


def test_a_repository_with_a_name_that_is_no_text(store: Store) -> None:
    odd = Path("/repo/caf\udce9")
    store.create(ISSUE, odd).close()
    assert [entry.head is not None for entry in store.entries(odd)] == [True]
