"""Learn the heads from the gold set and write them down: `python -m verbond.expressions.training`.

Brands of the part `test` are never learned from.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from verbond.expressions.gold import GoldMessage, gold_messages
from verbond.expressions.heads import RELATIONSHIPS, VALUES, Heads, fit_heads
from verbond.language import Encoder, find_encoder

__all__ = ["learn", "targets_of"]

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


def main() -> None:
    """Write the heads of the encoder that is installed."""
    encoder = find_encoder()
    if encoder is None:
        raise SystemExit("no encoder is installed; pip install 'verbond[expressions]'")
    target = Path(__file__).parent / "data" / "heads" / f"{encoder.name}.npz"
    target.parent.mkdir(exist_ok=True)
    target.write_bytes(learn(encoder).to_bytes())
    print(target.name, target.stat().st_size)


if __name__ == "__main__":
    main()
