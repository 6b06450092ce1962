"""The short way: counts of words, against chance, without anybody's choice showing."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from verbond.errors import DataError, NotFoundError, ReadError
from verbond.values.picks import N_PICKS, SIDES, compare_picks, read_picks, words_to_pick


def picked_at_random(n: int, seed: int = 0) -> dict[str, dict[str, list[str]]]:
    rng = np.random.default_rng(seed)
    words = [word for word, _ in words_to_pick("nl")]
    return {
        f"p{i}": {side: [words[j] for j in rng.permutation(len(words))[:N_PICKS]] for side in SIDES}
        for i in range(n)
    }


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_list_is_even_over_the_circle(language: str) -> None:
    words = words_to_pick(language)
    assert set(Counter(value for _, value in words).values()) == {6}
    assert len({word for word, _ in words}) == len(words) == 60


def test_random_picks_share_what_chance_gives() -> None:
    found = compare_picks(picked_at_random(800), language="nl")
    assert found.by_chance == pytest.approx(100 / 60)
    for side in (found.own_in_seen, found.wished_in_seen, found.own_in_wished):
        assert side.ci_lower < found.by_chance < side.ci_upper


def test_counts_and_shared_picks_are_by_hand() -> None:
    words = [word for word, _ in words_to_pick("nl")]
    one = {"own": words[:10], "seen": words[5:15], "wished": words[:10]}
    found = compare_picks({f"p{i}": one for i in range(6)}, language="nl")
    assert (found.own_in_seen.value, found.own_in_wished.value) == (5.0, 10.0)
    assert {w.word: w.own for w in found.words}[words[0]] == 6
    assert sum(found.values["seen"].values()) == pytest.approx(1)


def test_no_count_under_five_shows_or_follows() -> None:
    for seed in range(30):
        picks = picked_at_random(7, seed)
        found = compare_picks(picks, language="nl")
        for side in SIDES:
            true = Counter(word for who in picks.values() for word in who[side])
            shown = {w.word: getattr(w, side) for w in found.words}
            hidden = [word for word in true if shown.get(word) is None]
            assert all(n == 0 or n >= 5 for n in shown.values() if n is not None)
            assert len(hidden) != 1
    few = compare_picks(picked_at_random(4), language="nl")
    assert (few.words, few.values, few.own_in_seen.value) == ((), {}, None)


def test_files_and_what_is_wrong_with_them(tmp_path: Path) -> None:
    file = tmp_path / "picks.csv"
    rows = [
        f"{who},{side},{word}"
        for who, sides in picked_at_random(6).items()
        for side, words in sides.items()
        for word in words
    ]
    file.write_text("person,side,word\n" + "\n".join(rows[:-1]) + "\n", "utf-8")
    found = compare_picks(read_picks(file), language="nl")
    assert found.n_people == 6
    assert found.warnings[0].values["n"] == 1
    file.write_text("who,side,word\n", "utf-8")
    with pytest.raises(ReadError, match="there is no column 'person'"):
        read_picks(file)
    with pytest.raises(NotFoundError):
        read_picks(tmp_path / "none.csv")
    with pytest.raises(DataError, match="no such side"):
        compare_picks({"a": {"hoped": ["macht"]}}, language="nl")
    with pytest.raises(DataError, match="not in the list"):
        compare_picks({"a": {"own": ["pannenkoeken"]}}, language="nl")
