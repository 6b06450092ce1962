"""How much labelled messages and corrections bring."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from benchmarks._expressions_measures import accuracy, auc
from benchmarks._expressions_readings import BROKEN, KINDS, MESSAGES, OWN, SURE, VERDICTS
from verbond.expressions.gold import gold_messages, gold_promises, gold_verdicts
from verbond.expressions.heads import fit_heads, shipped_heads
from verbond.expressions.judging import VectorJudge, fit_judge, shipped_judge
from verbond.expressions.kinds import VALUES
from verbond.expressions.training import pairs_of, targets_of
from verbond.language import Encoder

__all__ = ["corrected", "learned"]


def learned(
    encoder: Encoder, fractions: Sequence[float] = (0.25, 0.5, 0.75, 1.0), draws: int = 3
) -> list[tuple[float, int, np.ndarray, np.ndarray]]:
    """Learn from some of the brands of train and dev; brands are drawn anew each time.

    Returns
    -------
    list of (fraction, n_messages, mean, spread)
        The last two (3,): accuracy of relationships, top-1 of values, AUC of conflict; NaN where one draw is
        all there is.
    """
    rng = np.random.default_rng(7)
    rest = [one for one in (*gold_messages(), *gold_verdicts()) if one.split != "test"]
    brands = np.unique([one.brand for one in rest])
    found = []
    for fraction in fractions:
        times = 1 if fraction == 1 else draws
        rows, n = [], 0
        for _ in range(times):
            chosen = set(rng.choice(brands, round(fraction * len(brands)), replace=False).tolist())
            figures, n_here = _learned_from(encoder, chosen)
            rows.append(figures)
            n += n_here
        spread = np.std(rows, axis=0, ddof=1) if times > 1 else np.full(3, np.nan)
        found.append((fraction, round(n / times), np.mean(rows, axis=0), spread))
    return found


def _learned_from(encoder: Encoder, brands: set[str]) -> tuple[np.ndarray, int]:
    messages = [one for one in gold_messages() if one.brand in brands]
    vectors = encoder.encode([one.text for one in messages])
    heads = fit_heads(vectors, *targets_of(messages), [one.brand for one in messages])
    verdicts = [one for one in gold_verdicts() if {one.brand, one.origin} <= brands]
    judge = VectorJudge(encoder, heads, fit_judge(pairs_of(encoder, heads, verdicts)))
    kinds, values = heads.rate(encoder.encode([one.text for one in MESSAGES]))
    said = values.argmax(axis=1)
    hits = [VALUES[k] in one.values for k, one in zip(said, MESSAGES, strict=True) if one.values]
    score = np.zeros(len(VERDICTS))
    for name, promise in gold_promises().items():
        here = [i for i, one in enumerate(VERDICTS) if one.promise == name]
        if here:
            beside = [VERDICTS[i] for i in here]
            score[here] = judge.judge([v.text for v in beside], [v.language for v in beside], promise)  # type: ignore[misc]
    own = SURE & OWN
    figures = [accuracy(KINDS, kinds.argmax(axis=1)), np.mean(hits), auc(BROKEN[own], score[own])]
    return np.array(figures), len(messages)


def corrected(encoder: Encoder, draws: int = 40) -> tuple[np.ndarray, np.ndarray, float]:
    """Half of the messages written for a promise become examples of it; the other half is judged.

    Returns
    -------
    before, after : (draws,) float
        AUC over all promises of `test`, of the same messages.
    n : float
        Examples that a promise gains, on average.
    """
    heads, against = shipped_heads(encoder.name), shipped_judge(encoder.name)
    if heads is None or against is None:
        raise SystemExit(f"nothing is shipped for {encoder.name}")
    judge = VectorJudge(encoder, heads, against)
    rng = np.random.default_rng(11)
    before, after, gained = np.zeros(draws), np.zeros(draws), []
    for k in range(draws):
        truth, told = [], []
        for name, promise in gold_promises().items():
            own = [i for i in range(len(VERDICTS)) if VERDICTS[i].promise == name and (OWN & SURE)[i]]
            if not own:
                continue
            given = {i for side in (True, False) for i in _half([i for i in own if BROKEN[i] == side], rng)}
            taught = replace(
                promise,
                keeps=(*promise.keeps, *(VERDICTS[i].text for i in given if not BROKEN[i])),
                breaks=(*promise.breaks, *(VERDICTS[i].text for i in given if BROKEN[i])),
            )
            left = [i for i in own if i not in given]
            texts, languages = [VERDICTS[i].text for i in left], [VERDICTS[i].language for i in left]
            truth.append(BROKEN[left])
            told.append([judge.judge(texts, languages, one) for one in (promise, taught)])  # type: ignore[arg-type]
            gained.append(len(given))
        happened = np.concatenate(truth)
        before[k], after[k] = (auc(happened, np.concatenate([one[j] for one in told])) for j in (0, 1))
    return before, after, float(np.mean(gained))


def _half(rows: list[int], rng: np.random.Generator) -> list[int]:
    """Half of them; of an odd number the one more or less by lot."""
    n = len(rows) // 2 + int(len(rows) % 2 and rng.random() < 0.5)
    return rng.permutation(rows)[:n].tolist()
