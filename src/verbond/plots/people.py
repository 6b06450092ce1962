"""People as small figures, one for every hundredth of the customers, after the picture language Isotype."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from verbond.plots.svg import element, group, wobble

__all__ = ["FIGURE_HEIGHT", "crowd", "figure_scale", "figure_symbols", "out_of_hundred"]

_SHAPES = (
    "M-4.6 0C-4.8-5-4.6-9-3.6-11.2Q-2.6-13.2 0-13.2Q2.6-13.2 3.6-11.2C4.6-9 4.8-5 4.6 0Z",
    "M-4.2 0C-5-4.6-4.9-8.6-3.8-10.6Q-2.7-12.6 0-12.6Q2.7-12.6 3.8-10.6C4.9-8.6 5-4.6 4.2 0Z",
    "M-5 0L-3.4-10.8Q-2.4-13 0-13Q2.4-13 3.4-10.8L5 0Z",
)
_HEADS = ((0.0, -17.4, 3.5), (0.2, -16.7, 3.4), (-0.1, -17.1, 3.45))
FIGURE_HEIGHT = 21.0
"""Of a figure at scale 1."""


def out_of_hundred(shares: Sequence[float]) -> tuple[int, ...]:
    """Shares as whole people out of a hundred that add up to a hundred (largest remainders).

    Parameters
    ----------
    shares : sequence of float
        Non-negative, adding up to one.

    Examples
    --------
    >>> out_of_hundred([0.335, 0.335, 0.33])
    (34, 33, 33)
    """
    exact = 100.0 * np.asarray(shares, dtype=float) / max(float(np.sum(shares)), 1e-12)
    whole = np.floor(exact + 1e-9).astype(int)
    order = np.argsort(-(exact - whole), kind="stable")
    whole[order[: 100 - int(whole.sum())]] += 1
    return tuple(int(n) for n in whole)


def figure_scale(pitch: float) -> float:
    """How large figures are drawn where a column of two takes `pitch`."""
    return min(pitch / 10.4, 1.45)


def figure_symbols(identity: str) -> str:
    """The three figures, to be used by `crowd` under the same identity."""
    figures = (
        group(
            [element("path", d=shape), element("circle", cx=x, cy=y, r=r)],
            id=f"{identity}-figure-{number}",
        )
        for number, (shape, (x, y, r)) in enumerate(zip(_SHAPES, _HEADS, strict=True))
    )
    return element("defs", *figures)


def crowd(n_people: int, x: float, y: float, pitch: float, fill: str, identity: str, *, seed: int = 0) -> str:
    """People in two rows that stand on the line at `y`, from `x` to the right.

    Two people take one `pitch`, so that the length of the crowd is proportional to its number.

    Parameters
    ----------
    n_people : int
    x, y : float
        Where the crowd begins and what it stands on.
    pitch : float
        Width of a column of two.
    fill : str
        Colour.
    identity : str
        As given to `figure_symbols`.
    seed : int
        Of the unsteady hand.
    """
    scale = figure_scale(pitch)
    places = sorted(range(n_people), key=lambda i: (i % 2 == 0, i))
    figures = []
    for i in places:
        behind = i % 2 == 1
        left = x + pitch * (i // 2 + (0.98 if behind else 0.5))
        size = scale * (1.0 + wobble(i + 13 * seed, 0.05)) * (0.95 if behind else 1.0)
        up = -7.5 * scale if behind else 0.0
        at = f"translate({left + wobble(i + 5 * seed, 0.35):.1f} {y + up:.1f})"
        figures.append(
            element(
                "use",
                href=f"#{identity}-figure-{(i * 7 + i // 3 + seed) % 3}",
                transform=f"{at} scale({size:.2f})",
                opacity=0.62 if behind else None,
            )
        )
    return group(figures, fill=fill, class_="crowd", data_people=n_people)
