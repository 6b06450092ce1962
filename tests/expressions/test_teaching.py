"""Krippendorff's alpha against his own example and another package; queue, neighbours, sureness by hand."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from verbond.errors import DataError, ReadError
from verbond.expressions import Promise, WordRater, audit, rate
from verbond.expressions.kinds import RELATIONSHIPS, VALUES
from verbond.expressions.teaching import (
    Label,
    Lesson,
    TaughtRater,
    agreement,
    labels_to_csv,
    learn,
    opinions_of,
    queue,
    read_labels,
    sureness,
    taught_promise,
)
from verbond.expressions.teaching.lesson import Material

REFERENCE = Path(__file__).parents[1] / "reference" / "expressions_alpha.json"
CODERS = (
    "1 2 3 3 2 1 4 1 2 . . .",
    "1 2 3 3 2 2 4 1 2 5 . 3",
    ". 3 3 3 2 3 4 2 2 5 1 .",
    "1 2 3 3 2 4 4 1 2 5 1 .",
)
"""Krippendorff (2011), section C: four observers, twelve units."""


def test_alpha_of_krippendorffs_own_example() -> None:
    rows = zip(*(coder.split() for coder in CODERS), strict=True)
    found = agreement([[None if one == "." else one for one in row] for row in rows])
    assert found.alpha.value == pytest.approx(0.743, abs=5e-4)
    assert (found.alpha.n_obs, found.n_answers) == (11, 40)


def test_alpha_of_the_two_observers_of_his_first_example() -> None:
    """Section A: ten units, yes and no; alpha = 0.095."""
    one, other = (
        ["0", "1", "0", "0", "0", "0", "0", "0", "1", "0"],
        ["1", "1", "1", "0", "0", "1", "0", "0", "0", "0"],
    )
    assert agreement(list(zip(one, other, strict=True))).alpha.value == pytest.approx(0.095, abs=5e-4)


def test_alpha_is_that_of_another_package() -> None:
    for case in json.loads(REFERENCE.read_text())["cases"]:
        found = agreement(case["answers"]).alpha
        assert found.value == pytest.approx(case["alpha"], abs=1e-12)
        assert found.ci_lower < found.value < found.ci_upper


def test_alpha_says_why_where_there_is_none() -> None:
    assert agreement([["a"], ["b", None]]).alpha.reason.code.endswith("alpha_nothing")
    assert agreement([["a", "a"]] * 12).alpha.value is None
    few = agreement([["a", "a"], ["b", "b"]]).alpha
    assert (few.value, few.ci_lower, few.reason.values["more"]) == (1.0, None, 8)


def test_sureness_by_hand() -> None:
    found = sureness([0.15, 0.15, 0.15, 0.15, 0.9, 0.9], [True, False, False, False, True, True])
    assert [(one.n, one.observed) for one in found.bins] == [(4, 0.25), (2, 1.0)]
    assert found.error == pytest.approx((4 * 0.10 + 2 * 0.10) / 6)
    assert found.headline.values["more"] == 44
    assert found.bins[0].ci_lower < 0.25 < found.bins[0].ci_upper


def test_what_comes_true_as_said_has_no_error_to_speak_of() -> None:
    rng = np.random.default_rng(1)
    p = rng.uniform(size=20_000)
    assert sureness(p.tolist(), (rng.uniform(size=p.size) < p).tolist()).error < 0.015
    assert sureness((p / 2).tolist(), (rng.uniform(size=p.size) < p).tolist()).error > 0.2


# the queue

TEXTS = [
    f"Bericht nummer {n} van onze winkel, met {word}." for n in range(40) for word in ("korting", "aandacht")
]


class Sure:
    """Sure of market, but for messages whose number ends in 7."""

    name, version, reasons = "sure", "1", ()

    def rate(self, texts, languages):
        unsure = [text.split()[2].endswith("7") for text in texts]
        rows = [[0.2] * 5 if one else [0.96, 0.01, 0.01, 0.01, 0.01] for one in unsure]
        return np.array(rows), np.full((len(texts), 10), 0.5), [None] * len(texts)


def test_the_queue_mixes_what_it_should() -> None:
    texts = [*TEXTS, "  " + TEXTS[0].upper(), TEXTS[1]]
    found = queue(texts, rate(texts, ["nl"] * len(texts), rater=Sure()), 10, seed=3)
    shares = Counter(one.share for one in found.messages)
    assert shares == {"uncertain": 5, "random": 3, "differs": 2}
    assert sum(one.twice for one in found.messages) == 2
    assert len({one.text.casefold().strip() for one in found.messages}) == 10
    assert found.n_candidates == 80
    for one in found.messages:
        assert one.share != "uncertain" or one.text.split()[2].endswith("7")
        assert one.share != "differs" or "aandacht" in one.text  # the word list says meaning there
    again = queue(texts, rate(texts, ["nl"] * len(texts), rater=Sure()), 10, seed=3)
    assert again.messages == found.messages
    assert len(found.to_dicts()) == 12


def test_the_queue_leaves_out_what_has_a_label_or_cannot_be_read() -> None:
    texts = ["Wij zorgen voor elkaar.", "Je krijgt korting.", "", "Wij zorgen voor jou en elkaar."]
    found = queue(texts, rate(texts, rater=WordRater()), 10, known=["wij zorgen voor  elkaar."])
    assert {one.index for one in found.messages} == {1, 3}
    assert found.reasons[0].values == {"n": 2, "asked": 10}


# labels


def test_of_each_person_the_newest_counts_and_colleagues_may_differ() -> None:
    said = [
        Label("Hallo daar", "nl", "market", ("power",), who="a", when="2026-01-02"),
        Label("hallo  daar", "nl", "meaning", who="a", when="2026-01-03"),
        Label("Hallo daar", "nl", "meaning", verdict="fits", who="b", when="2026-01-01"),
    ]
    (one,) = opinions_of(said)
    assert (one.relationship, one.values, one.verdict) == ("meaning", (("power",),), "fits")
    (other,) = opinions_of([*said, Label("Hallo daar", "nl", "market", who="c")])
    assert other.differs
    assert other.relationship == ""


def test_a_file_of_labels_goes_there_and_back(tmp_path: Path) -> None:
    file = tmp_path / "labels.csv"
    file.write_text(labels_to_csv([
        {"text": "=Wij, \"zorgen\"", "relationship": "meaning", "values": "power;security", "who": "a"},
        {"text": "Nog niets gezegd"},
        {"text": "Niets van waarde", "values": "none"},
    ]))  # fmt: skip
    first, second = read_labels(file)
    assert (first.text, first.values) == ('=Wij, "zorgen"', ("power", "security"))
    assert second.values == ()
    file.write_text("text,relationship\nHallo,friendship\n")
    with pytest.raises(ReadError, match="friendship"):
        read_labels(file)


# learning


class Words:
    """Vectors in which each of some words has a direction."""

    name = "made-up"
    WORDS = ("prijs", "regels", "samen", "betekenis", "weer")

    def encode(self, texts):
        rows = [
            [1.0 + 0.5 * text.count(w) if w in text else 0.1 for w in self.WORDS] + [len(text) / 90]
            for text in texts
        ]
        x = np.array(rows, np.float32).reshape(-1, 6)
        return x / np.linalg.norm(x, axis=1, keepdims=True)


def material() -> Material:
    texts = [f"{word} {'x' * n}" for n in range(4) for word in Words.WORDS]
    kinds = np.tile(np.eye(5), (4, 1))
    return Material(
        Words().encode(texts), kinds, np.full((20, 10), 0.1), tuple(f"b{n // 5}" for n in range(20))
    )


def lesson(labels, **more) -> Lesson:
    return learn(labels, Words(), material=material(), **more)


def kinds_of(rater, text: str):
    return rate([text], ["nl"], rater=rater).messages[0]


def test_a_label_counts_at_once_where_a_message_is_the_same() -> None:
    text = "de prijs van nu is echt goed"
    before = kinds_of(TaughtRater(Words(), lesson([])), text)
    assert max(before.relationship, key=before.relationship.get) == "market"
    taught = TaughtRater(Words(), lesson([Label(text, "nl", "meaning", ("power",), who="a")]))
    for same in (text, "de prijs van nu is  Echt goed"):
        found = kinds_of(taught, same)
        assert found.relationship["meaning"] > 0.9
        assert sum(found.relationship.values()) == pytest.approx(1)
        assert found.values["power"] > 0.9
        assert found.reason.code == "expressions_teaching.like_label"
    other = kinds_of(taught, "het weer is het weer vandaag")
    assert other.reason is None
    assert max(other.relationship, key=other.relationship.get) == "none"


def test_where_colleagues_differ_it_says_so_and_gives_no_answer() -> None:
    text = "de prijs van nu is goed"
    said = [Label(text, "nl", "market", who="a"), Label(text, "nl", "meaning", who="b")]
    found = kinds_of(TaughtRater(Words(), lesson(said)), text)
    assert found.abstained
    assert found.reason.code == "expressions_teaching.colleagues_differ"


def test_labels_move_what_is_learned_and_the_version_with_it() -> None:
    """A word that the gold set holds for market stands for meaning at this company."""
    said = [Label(f"prijs {'y ' * n}", "nl", "meaning", who="a") for n in range(1, 31)]
    plain, taught = lesson([]), lesson(said)
    vector = Words().encode(["prijs en prijs en nog zoveel meer van alles wat er is"])
    meaning = RELATIONSHIPS.index("meaning")
    assert taught.heads.rate(vector)[0][0, meaning] > plain.heads.rate(vector)[0][0, meaning] + 0.3
    assert taught.before.share_right == 0.0
    assert taught.after.share_right == 1.0
    assert taught.reasons[0].values["more"] == 20
    versions = {TaughtRater(Words(), one).version for one in (plain, taught, lesson(said[:-1]))}
    assert len(versions) == 3


def test_a_lesson_goes_there_and_back_and_without_texts() -> None:
    said = [Label("samen met prijs", "nl", "equality", ("power",), "fits", "a", why="!")]
    made = lesson(said, keep_texts=False, promise="P")
    again = Lesson.of_bytes(made.to_bytes())
    assert again.to_bytes() == made.to_bytes()
    assert b"samen" not in made.to_bytes()
    assert kinds_of(TaughtRater(Words(), again), "samen met prijs").relationship["equality"] > 0.9
    with pytest.raises(ReadError):
        Lesson.of_bytes(b"PK nothing")

    class Other(Words):
        name = "other"

    with pytest.raises(DataError):
        TaughtRater(Other(), again)


def test_verdicts_of_colleagues_count_for_the_promise_that_they_were_about() -> None:
    text = "samen betalen we de prijs"
    rater = TaughtRater(Words(), lesson([Label(text, "nl", verdict="conflicts", who="a")], promise="Samen"))
    (here,) = audit([text], Promise("Samen"), ["nl"], rater=rater).messages
    assert (here.verdict, here.reason.code) == ("conflicts", "expressions_teaching.like_verdict")
    (there,) = audit([text], Promise("Iets anders"), ["nl"], rater=rater).messages
    assert there.reason.code != "expressions_teaching.like_verdict"


def test_verdicts_become_examples() -> None:
    said = [
        Label("Dit houdt stand", verdict="fits", who="a"),
        Label("Dit breekt", verdict="conflicts", who="a"),
        Label("Hierover verschillen we", verdict="fits", who="a"),
        Label("Hierover verschillen we", verdict="conflicts", who="b"),
        Label("Bekend", verdict="fits", who="a"),
    ]
    more = taught_promise(Promise("P", keeps=("bekend",)), opinions_of(said))
    assert more.keeps == ("bekend", "Dit houdt stand")
    assert more.breaks == ("Dit breekt",)
    assert len(VALUES) == 10
