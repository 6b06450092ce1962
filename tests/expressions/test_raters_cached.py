"""A memory changes nothing but the time that it takes, and holds no words of anybody."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from verbond.expressions import RELATIONSHIPS, VALUES, WordRater, rate
from verbond.expressions.raters import CachedRater
from verbond.expressions.raters import cached as cached_module
from verbond.results import Reason

TEXTS = ["Wij staan naast je.", "Nu met korting!", "Het regent vandaag."]
NL = ["nl"] * len(TEXTS)


class Counting:
    """A rater that gives each text numbers of its own, and remembers what it was asked."""

    name, reasons = "counting", ()
    passing = frozenset({"expressions_raters.no_answer"})

    def __init__(self, version: str = "1") -> None:
        self.version, self.asked = version, []

    def rate(
        self, texts: Sequence[str], languages: Sequence[str]
    ) -> tuple[np.ndarray, np.ndarray, Sequence[Reason | None]]:
        self.asked.append(list(texts))
        made = [np.random.default_rng(list(text.encode())) for text in texts]
        kinds = np.array([one.dirichlet(np.ones(len(RELATIONSHIPS))) for one in made])
        values = np.array([one.random(len(VALUES)) for one in made], np.float32)
        reasons = {
            "stil": Reason("expressions_raters.no_answer"),
            "kort": Reason("expressions.too_short", {"least": 3}),
            "los": Reason("expressions_raters.local_used", {"folder": "los"}),
        }
        return kinds.reshape(-1, 5), values.reshape(-1, 10), [reasons.get(text) for text in texts]


@pytest.mark.parametrize("in_file", [False, True])
def test_what_was_rated_is_not_rated_again_and_is_the_same(in_file: bool, tmp_path: Path) -> None:
    inner = Counting()
    rater = CachedRater(inner, tmp_path if in_file else None)
    first = rater.rate(TEXTS, NL)
    bare = Counting().rate(TEXTS, NL)
    again = (CachedRater(inner, tmp_path) if in_file else rater).rate(
        [*TEXTS[::-1], "Iets nieuws."], ["nl"] * 4
    )
    assert inner.asked == [TEXTS, ["Iets nieuws."]]
    for one, other, true in zip(first[:2], again[:2], bare[:2], strict=True):
        assert one.dtype == other.dtype == np.float64
        assert (one == other[2::-1]).all()
        assert (one == true).all()


def test_one_text_twice_is_asked_once_and_an_empty_list_never(tmp_path: Path) -> None:
    inner = Counting()
    rater = CachedRater(inner)
    kinds, _, _ = rater.rate(["a", "b", "a"], ["nl"] * 3)
    assert sorted(inner.asked[0]) == ["a", "b"]
    assert (kinds[0] == kinds[2]).all()
    kinds, values, reasons = rater.rate([], [])
    assert (kinds.shape, values.shape, reasons, len(inner.asked)) == ((0, 5), (0, 10), [], 1)


def test_language_and_version_make_it_another(tmp_path: Path) -> None:
    inner = Counting()
    rater = CachedRater(inner, tmp_path)
    rater.rate(["Dit is water."], ["nl"])
    rater.rate(["Dit is water."], ["en"])
    newer = Counting("2")
    CachedRater(newer, tmp_path).rate(["Dit is water."], ["nl"])
    assert (len(inner.asked), len(newer.asked)) == (2, 1)


def test_reasons_are_remembered_unless_they_pass_or_hold_words(tmp_path: Path) -> None:
    inner = Counting()
    texts = ["stil", "kort", "los"]
    first = CachedRater(inner, tmp_path).rate(texts, NL)[2]
    again = CachedRater(inner, tmp_path).rate(texts, NL)[2]
    assert list(first) == list(again)
    assert inner.asked == [texts, ["stil", "los"]]


def test_no_word_of_a_message_is_in_the_file(tmp_path: Path) -> None:
    text = "Marijke van Dalen woont aan de Kerkstraat."
    CachedRater(Counting(), tmp_path).rate([text], ["nl"])
    (file,) = tmp_path.iterdir()
    content = file.read_bytes()
    for encoding in ("utf-8", "utf-16-le"):
        assert not any(word.encode(encoding) in content for word in ("Marijke", "Dalen", "Kerkstraat"))
    assert file.stat().st_mode & 0o077 == 0  # for nobody else to read


def test_a_broken_file_costs_the_memory_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / cached_module.FILE).write_bytes(b"this is no database" * 400)
    inner = Counting()
    kinds, _, _ = CachedRater(inner, tmp_path).rate(TEXTS, NL)
    assert (kinds == Counting().rate(TEXTS, NL)[0]).all()
    (tmp_path / "file").write_text("")
    CachedRater(inner, tmp_path / "file" / "below").rate(TEXTS, NL)
    assert len(inner.asked) == 2


def test_memory_and_file_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cached_module, "IN_MEMORY", 2)
    monkeypatch.setattr(cached_module, "IN_FILE", 3)
    inner = Counting()
    small = CachedRater(inner)
    for text in ("a", "b", "a", "c", "a", "b"):  # a is used again and again, b is the oldest when c comes
        small.rate([text], ["nl"])
    assert inner.asked == [["a"], ["b"], ["c"], ["b"]]
    filed = Counting()
    for text in "abcde":
        CachedRater(filed, tmp_path).rate([text], ["nl"])
    filed.asked.clear()
    for text in "edcb":
        CachedRater(filed, tmp_path).rate([text], ["nl"])
    assert filed.asked == [["b"]]


def test_what_was_rated_before_a_host_went_away_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cached_module, "AT_ONCE", 2)

    class Going(Counting):
        def rate(self, texts: Sequence[str], languages: Sequence[str]) -> tuple:  # type: ignore[type-arg]
            if "d" in texts:
                raise ConnectionError
            return super().rate(texts, languages)

    inner = Going()
    rater = CachedRater(inner)
    with pytest.raises(ConnectionError):
        rater.rate(list("abcd"), ["nl"] * 4)
    rater.rate(list("ab"), ["nl"] * 2)
    assert inner.asked == [["a", "b"]]


WRITER = """
import sys
from verbond.expressions import WordRater
from verbond.expressions.raters import CachedRater
from pathlib import Path
for i in range(40):
    texts = [f"Korting nummer {i} van {j}." for j in range(int(sys.argv[2]), int(sys.argv[2]) + 5)]
    CachedRater(WordRater(), Path(sys.argv[1])).rate(texts, ["nl"] * 5)
"""


def test_several_processes_share_a_file(tmp_path: Path) -> None:
    asked = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path), str(start)], stderr=subprocess.PIPE)
        for start in (0, 3, 6)
    ]
    for one in asked:
        _, error = one.communicate(timeout=300)
        assert one.returncode == 0, error

    class Silent(WordRater):
        def rate(self, texts: Sequence[str], languages: Sequence[str]) -> tuple:  # type: ignore[type-arg]
            raise AssertionError(texts)

    texts = [f"Korting nummer {i} van {j}." for i in range(40) for j in range(11)]
    kinds, values, _ = CachedRater(Silent(), tmp_path).rate(texts, ["nl"] * len(texts))
    bare = WordRater().rate(texts, ["nl"] * len(texts))
    assert (kinds == bare[0]).all()
    assert (values == bare[1]).all()


def test_rate_takes_one_as_any_other() -> None:
    bare, cached = (rate(TEXTS, NL, rater=one) for one in (WordRater(), CachedRater(WordRater())))
    assert cached.to_dicts() == bare.to_dicts()
    assert (cached.rater, cached.reasons) == (bare.rater, bare.reasons)
