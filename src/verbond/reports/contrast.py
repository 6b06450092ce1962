"""Whether words can be read on a colour, and which ones can.

References
----------
W3C, Web Content Accessibility Guidelines 2.2, 1.4.3 and "relative luminance".
"""

from __future__ import annotations

__all__ = ["WORDS", "contrast", "legible", "on"]

WORDS = 4.5
"""The least contrast of words with their ground."""


def contrast(one: str, other: str) -> float:
    """Contrast of two colours, from 1 to 21.

    Parameters
    ----------
    one, other : str
        `#rrggbb`.

    Examples
    --------
    >>> contrast("#000000", "#ffffff"), round(contrast("#767676", "#ffffff"), 2)
    (21.0, 4.54)
    """
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def on(ground: str, light: str = "#ffffff", dark: str = "#000000") -> str:
    """Which of two colours is read best on a ground.

    Examples
    --------
    >>> on("#1d5a4a"), on("#ffd400")
    ('#ffffff', '#000000')
    """
    return max((light, dark), key=lambda ink: contrast(ink, ground))


def legible(ink: str, ground: str, least: float = WORDS) -> str:
    """A colour where words in it can be read on a ground, else one as little darker or lighter as it takes.

    Examples
    --------
    >>> legible("#1d5a4a", "#ffffff")
    '#1d5a4a'
    >>> contrast(legible("#ffd400", "#ffffff"), "#ffffff") >= 4.5
    True
    """
    towards = on(ground)
    for share in range(101):
        mixed = _mixed(ink, towards, share / 100)
        if contrast(mixed, ground) >= least:
            return mixed
    return towards


def _luminance(colour: str) -> float:
    parts = (int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5))
    red, green, blue = (v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _mixed(one: str, other: str, share: float) -> str:
    pairs = ((int(one[n : n + 2], 16), int(other[n : n + 2], 16)) for n in (1, 3, 5))
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)
