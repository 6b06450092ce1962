"""Learn from the gold set and write it down: `python -m verbond.expressions.training`.

Brands of the part `test` are never learned from.
"""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np

from verbond.expressions.gold import GoldMessage, GoldVerdict, gold_messages, gold_promises, gold_verdicts
from verbond.expressions.heads import Heads, fit_heads
from verbond.expressions.judging import Against, Pairs, features_of, fit_judge
from verbond.expressions.kinds import RELATIONSHIPS, VALUES
from verbond.language import Encoder, find_encoder

__all__ = ["learn", "learn_against", "pairs_of", "targets_of"]

_FALLING = (1.0, 0.5, 0.25)
SECOND = 0.25
"""What a second relationship in a message counts for."""


def targets_of(messages: list[GoldMessage]) -> tuple[np.ndarray, np.ndarray]:
    """Relationships (n, 5) and values (n, 10), as both raters saw them."""
    kinds, values = np.zeros((len(messages), len(RELATIONSHIPS))), np.zeros((len(messages), len(VALUES)))
    for i, one in enumerate(messages):
        second = SECOND if one.relationship_second else 0.0
        kinds[i, RELATIONSHIPS.index(one.relationship)] += 1 - second
        if second:
            kinds[i, RELATIONSHIPS.index(one.relationship_second)] += second
        kinds[i, RELATIONSHIPS.index(one.relationship_read)] += 1
        for named in (one.values, one.values_read):
            for value in named:
                values[i, VALUES.index(value)] += 0.5
    return kinds / 2, values


def learn(encoder: Encoder, parts: tuple[str, ...] = ("train", "dev")) -> Heads:
    """Heads for an encoder, from some parts of the gold set."""
    messages = [one for one in gold_messages() if one.split in parts]
    vectors = encoder.encode([one.text for one in messages])
    return fit_heads(vectors, *targets_of(messages), [one.brand for one in messages])


def pairs_of(encoder: Encoder, heads: Heads, verdicts: list[GoldVerdict]) -> Pairs:
    """Messages beside their promises, as a judge sees them; in the order given."""
    order = sorted(range(len(verdicts)), key=lambda i: verdicts[i].promise)
    vectors = encoder.encode([one.text for one in verdicts])
    features = np.zeros((len(verdicts), 8))
    for name, rows in itertools.groupby(order, key=lambda i: verdicts[i].promise):
        here = list(rows)
        texts, languages = zip(*((verdicts[i].text, verdicts[i].language) for i in here), strict=True)
        features[here] = features_of(encoder, heads, texts, languages, vectors[here], gold_promises()[name])
    return Pairs(
        features,
        np.asarray(heads.centred(vectors), np.float64),
        np.array([one.conflict for one in verdicts]),
        np.array([one.touches for one in verdicts]),
        np.array([one.is_own for one in verdicts]),
        np.array([one.brand for one in verdicts]),
        np.array([one.origin for one in verdicts]),
    )


def learn_against(encoder: Encoder, heads: Heads, parts: tuple[str, ...] = ("train", "dev")) -> Against:
    """What goes against promises, from some parts of the gold set."""
    return fit_judge(pairs_of(encoder, heads, [one for one in gold_verdicts() if one.split in parts]))


def main() -> None:
    """Write what the encoders that are installed can learn."""
    found = {one.name: one for one in (find_encoder(), find_encoder(thorough=True)) if one is not None}
    if not found:
        raise SystemExit("no encoder is installed; pip install 'verbond[expressions]'")
    for name, encoder in found.items():
        heads = learn(encoder)
        for folder, learned in (("heads", heads), ("against", learn_against(encoder, heads))):
            target = Path(__file__).parent / "data" / folder / f"{name}.npz"
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(learned.to_bytes())
            print(folder, target.name, target.stat().st_size)


if __name__ == "__main__":
    main()
