"""`Space`: which hidden states there are."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

__all__ = ["Space"]


@dataclass(frozen=True, slots=True)
class Space:
    """Hidden states: a rung, and a baseline class where stable differences between people are kept apart.

    Attributes
    ----------
    n_rungs, n_classes : int
        State number is `klass * n_places + rung`.
    gone : bool
        Every class has one place more, after its rungs: left without a word, and not coming back.

    Examples
    --------
    >>> space = Space(3, 2, gone=True)
    >>> space.n_states, space.living.n_states
    (8, 6)
    >>> space.by_rung(np.arange(8.0)), space.gone_share(np.arange(8.0)).item()
    (array([4., 6., 8.]), 10.0)
    """

    n_rungs: int
    n_classes: int = 1
    gone: bool = False

    @property
    def n_places(self) -> int:
        """Where a customer of one class can be: the rungs, and gone where that is a state."""
        return self.n_rungs + self.gone

    @property
    def n_states(self) -> int:
        return self.n_places * self.n_classes

    @property
    def living(self) -> Space:
        """The states of those who are not gone: all that emissions know of."""
        return replace(self, gone=False)

    def by_class(self, states: np.ndarray) -> np.ndarray:
        """Split the last axis: (…, n_states) -> (…, n_classes, n_places)."""
        return states.reshape(*states.shape[:-1], self.n_classes, self.n_places)

    def by_rung(self, states: np.ndarray) -> np.ndarray:
        """Sum the last axis over classes: (…, n_states) -> (…, n_rungs); who is gone is left out."""
        return self.by_class(states).sum(axis=-2)[..., : self.n_rungs]

    def gone_share(self, states: np.ndarray) -> np.ndarray:
        """Sum of the last axis over the states of those who are gone: (…, n_states) -> (…)."""
        return self.by_class(states)[..., self.n_rungs :].sum(axis=(-2, -1))

    def alive(self, states: np.ndarray) -> np.ndarray:
        """Leave out who is gone: (…, n_states) -> (…, n_living_states)."""
        kept = self.by_class(states)[..., : self.n_rungs]
        return kept.reshape(*states.shape[:-1], self.n_classes * self.n_rungs)

    def with_gone(self, living: np.ndarray, gone: np.ndarray | float) -> np.ndarray:
        """Put the places of those who are gone back: (…, n_living_states) -> (…, n_states)."""
        if not self.gone:
            return living
        blocks = np.empty((*living.shape[:-1], self.n_classes, self.n_places))
        blocks[..., : self.n_rungs] = self.living.by_class(living)
        blocks[..., self.n_rungs] = np.asarray(gone)[..., None] if np.ndim(gone) else gone
        return blocks.reshape(*living.shape[:-1], self.n_states)

    def over_classes(self, rungs: np.ndarray) -> np.ndarray:
        """Repeat the last axis for every class: (…, n_rungs) -> (…, n_living_states)."""
        return np.tile(rungs, self.n_classes)
