"""The verdict on an action, in four words of fixed meaning."""

from __future__ import annotations

import math
from typing import Literal, get_args

__all__ = ["VERDICTS", "Verdict", "together", "verdict_of"]

Verdict = Literal["strengthens", "unchanged", "weakens", "cannot_tell"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)


def verdict_of(
    effect_size: float,
    pvalue: float,
    alpha: float,
    *,
    equivalence: tuple[float, float] = (math.nan, math.nan),
    margin: float | None = None,
    higher_is_better: bool = True,
) -> Verdict:
    """Say in one word what was found.

    Parameters
    ----------
    effect_size : float
    pvalue : float
        After correction for all comparisons made.
    alpha : float
    equivalence : (float, float)
        The interval at level 1 - 2 alpha that two one-sided tests ask for.
    margin : float, optional
        The largest difference that makes no difference, above 0. Without it nothing is called unchanged: not
        having found an effect is no proof that there is none.
    higher_is_better : bool

    Returns
    -------
    {"strengthens", "unchanged", "weakens", "cannot_tell"}
        - unchanged: the equivalence interval lies within the margin, whatever the p-value;
        - strengthens, weakens: otherwise, the p-value is below alpha;
        - cannot_tell: neither.

    Examples
    --------
    >>> verdict_of(2.0, 0.01, 0.05)
    'strengthens'
    >>> verdict_of(0.1, 0.40, 0.05, equivalence=(-0.3, 0.5), margin=1.0)
    'unchanged'
    >>> verdict_of(0.1, 0.40, 0.05, equivalence=(-0.3, 0.5))
    'cannot_tell'
    """
    low, high = equivalence
    if margin is not None and -margin < low and high < margin:
        return "unchanged"
    if pvalue < alpha and effect_size != 0:
        return "strengthens" if (effect_size > 0) == higher_is_better else "weakens"
    return "cannot_tell"


def together(verdicts: list[Verdict]) -> Verdict:
    """One word over several outcomes: harm to one of them is not made good by another.

    Examples
    --------
    >>> together(["strengthens", "cannot_tell"]), together(["strengthens", "weakens"])
    ('strengthens', 'weakens')
    >>> together(["unchanged", "unchanged"]), together(["unchanged", "cannot_tell"])
    ('unchanged', 'cannot_tell')
    """
    for word in ("weakens", "strengthens"):
        if word in verdicts:
            return word  # type: ignore[return-value]
    return "unchanged" if verdicts and set(verdicts) == {"unchanged"} else "cannot_tell"
