"""What is seen of a customer in a period, given the rung: counts, amounts, yes-or-no, categories.

Each emission knows its own small set of values (`index` maps an observation code to one of them), a flat
parameter vector `theta`, and four things about it: log-likelihoods by value and state, the maximisation
step, the gradient, and a weak prior. An emission with `own_rows` speaks of rows that have a code of their
own. The prior is data that nobody brought: every state is taken to have seen half an average row more than
it did, which keeps empty states finite.
"""

from __future__ import annotations

from verbond.ladder.model.amounts import Amounts
from verbond.ladder.model.binary import Binary
from verbond.ladder.model.categories import Categories
from verbond.ladder.model.counts import Counts, best_size
from verbond.ladder.model.emission import Emission
from verbond.ladder.model.space import Space

__all__ = ["Amounts", "Binary", "Categories", "Counts", "Emission", "Space", "best_size"]
