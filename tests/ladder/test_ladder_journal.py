"""Fits that are interrupted go on to the same bits; what was kept of another fit is refused."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from ladder_worlds import draw

from verbond.errors import DataError, OptionError
from verbond.ladder import Ladder, LadderResult
from verbond.ladder.fit.journal import Journal, fingerprint, journal, kept
from verbond.results import Progress, listener
from verbond.tables import Panel

ABOUT = {"data": "abc", "n_states": 6}
LADDER = Ladder(n_states=3, n_starts=2, n_classes=1, movement="ladder", seed=3)


@pytest.fixture(scope="module")
def panel() -> Panel:
    return draw(600, 6, seed=4, surveyed=False).panel


@pytest.fixture(scope="module")
def whole(panel: Panel) -> LadderResult:
    return LADDER.fit(panel)


def same_bits(one: LadderResult, two: LadderResult) -> None:
    assert one.loglik == two.loglik
    for name in ("shares", "shares_ci_lower", "shares_ci_upper", "transition_matrix", "transition_ci_lower"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name), err_msg=name)


def stop_at(share: float) -> Callable[[Progress], None]:
    def hear(progress: Progress) -> None:
        if progress.done > share:
            raise KeyboardInterrupt

    return hear


def test_an_interrupted_fit_goes_on_to_the_same_bits(
    panel: Panel, whole: LadderResult, tmp_path: Path
) -> None:
    file = tmp_path / "fit"
    sizes = []
    for share in (0.1, 0.5, 0.8):  # in the search, on the way up, while intervals are taken
        with pytest.raises(KeyboardInterrupt):
            LADDER.fit(panel, stop_at(share), checkpoint=file)
        sizes.append(file.stat().st_size)
    same_bits(LADDER.fit(panel, checkpoint=file), whole)
    assert sizes == sorted(set(sizes))  # each went further than the one before
    assert file.stat().st_size < 3_000_000


def test_a_finished_fit_is_read_back(panel: Panel, whole: LadderResult, tmp_path: Path) -> None:
    first = LADDER.fit(panel, checkpoint=tmp_path / "fit")
    size = (tmp_path / "fit").stat().st_size
    again = LADDER.fit(panel, checkpoint=tmp_path / "fit")
    same_bits(first, whole)
    same_bits(again, whole)
    assert (tmp_path / "fit").stat().st_size == size


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no such signal here")
def test_a_killed_process_loses_no_more_than_a_step(
    panel: Panel, whole: LadderResult, tmp_path: Path
) -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[2]); from test_ladder_journal import *;"
        "LADDER.fit(draw(600, 6, seed=4, surveyed=False).panel, checkpoint=sys.argv[1])"
    )
    file = tmp_path / "fit"
    task = subprocess.Popen([sys.executable, "-c", code, str(file), str(Path(__file__).parent)])
    deadline = time.monotonic() + 60
    while task.poll() is None and time.monotonic() < deadline:
        if file.exists() and file.stat().st_size > 5_000:
            break
        time.sleep(0.005)
    os.kill(task.pid, signal.SIGKILL)
    task.wait()
    assert file.stat().st_size > 5_000
    same_bits(LADDER.fit(panel, checkpoint=file), whole)


@pytest.mark.parametrize("n_threads", ["1", "2", "3"])
def test_number_of_threads_is_nothing(
    panel: Panel, whole: LadderResult, n_threads: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("verbond.numerics.threads.available_threads", lambda: int(n_threads))
    same_bits(LADDER.fit(panel), whole)


def test_other_data_and_other_options_are_refused(panel: Panel, tmp_path: Path) -> None:
    file = tmp_path / "fit"
    with pytest.raises(KeyboardInterrupt):
        LADDER.fit(panel, stop_at(0.05), checkpoint=file)
    with pytest.raises(OptionError, match="n_states 4, expected n_states 3"):
        replace(LADDER, n_states=4).fit(panel, checkpoint=file)
    with pytest.raises(OptionError, match="uncertainty False"):
        LADDER.fit(panel, uncertainty=False, checkpoint=file)
    counts = {k: v.copy() for k, v in panel.counts.items()}
    counts["purchase"][7] += 1
    with pytest.raises(OptionError, match="of other data"):
        LADDER.fit(replace(panel, counts=counts), checkpoint=file)


def test_a_file_that_is_none_of_ours_is_refused_and_left_alone(panel: Panel, tmp_path: Path) -> None:
    file = tmp_path / "letter.txt"
    file.write_text("Dear customer, ...")
    with pytest.raises(OptionError, match="does not hold a part of a fit"):
        LADDER.fit(panel, checkpoint=file)
    assert file.read_text() == "Dear customer, ..."


@pytest.mark.parametrize("lost", [1, 5, 30])
def test_an_entry_that_was_cut_off_is_made_again(tmp_path: Path, lost: int) -> None:
    file = tmp_path / "fit"
    first = Journal(file, ABOUT)
    for number in range(3):
        first("pass", lambda number=number: np.array([number, np.pi]))
    file.write_bytes(file.read_bytes()[:-lost])
    again = Journal(file, ABOUT)
    assert again.n_entries < 3
    found = [again("pass", lambda number=number: np.array([number, np.pi])) for number in range(3)]
    np.testing.assert_array_equal(found, [[0, np.pi], [1, np.pi], [2, np.pi]])
    assert Journal(file, ABOUT).n_entries == 3


def test_what_is_kept_is_not_computed_again(tmp_path: Path) -> None:
    def never() -> np.ndarray:
        raise AssertionError

    with journal(tmp_path / "fit", lambda: ABOUT):
        kept("pass", lambda: np.array([1.5]))
    with journal(tmp_path / "fit", lambda: ABOUT):
        assert kept("pass", never) == 1.5
    with journal(tmp_path / "fit", lambda: ABOUT), pytest.raises(DataError, match="does not lead"):
        kept("another", never)
    assert kept("pass", lambda: np.array([2.0])) == 2.0  # outside nothing is kept


def test_every_part_of_a_panel_counts(panel: Panel) -> None:
    assert fingerprint(panel) == fingerprint(replace(panel))
    for other in (
        replace(panel, periods=panel.periods + 1),
        replace(panel, is_new=~panel.is_new),
        replace(panel, segment_labels={"region": ("south", "middle", "north")}),
        replace(panel, customer_ids=panel.customer_ids[::-1].copy()),
    ):
        assert fingerprint(other) != fingerprint(panel)


def test_time_left_goes_by_the_pace_so_far(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([100.0, 101.0, 110.0, 130.0])
    monkeypatch.setattr("verbond.results.progress.time.monotonic", lambda: next(clock))
    heard: list[Progress] = []
    listen = listener(heard.append, "ladder.step_fit", 0.5, 1.0)
    for done in (0.0, 0.5, 0.25, 1.0):
        listen(done, "")
    assert [p.seconds_left for p in heard] == [None, None, pytest.approx(30.0), None]
    assert [p.done for p in heard] == [0.5, 0.75, 0.625, 1.0]
