"""The design tokens of `styles/0-tokens.css`, read where a picture needs them.

The CSS file is the source. A picture names a meaning (`colour("rung-3")`) and gets
`var(--colour-rung-3, #2c7952)`: inside a page the page's own tokens apply, light or dark; a picture that
stands alone falls back on the light palette.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Literal

__all__ = ["FONT_BODY", "FONT_HEADING", "Theme", "colour", "rung_colour", "tokens", "tokens_css"]

Theme = Literal["light", "dark"]

_DECLARATION = re.compile(r"--([a-z0-9-]+):\s*([^;]+);")
_REFERENCE = re.compile(r"var\(--([a-z0-9-]+)\)")
_DARK = "@media screen and (prefers-color-scheme: dark)"

FONT_HEADING = "var(--font-heading, Palatino, Georgia, serif)"
FONT_BODY = "var(--font-body, system-ui, sans-serif)"


@cache
def tokens_css() -> str:
    """The style sheet of tokens, as it goes into a page."""
    return (files("verbond.plots") / "styles" / "0-tokens.css").read_text("utf-8")


@cache
def tokens(theme: Theme = "light") -> Mapping[str, str]:
    """Every token of a theme with its references followed.

    Parameters
    ----------
    theme : {"light", "dark"}

    Returns
    -------
    mapping of str to str
        Token name without dashes in front, its value.

    Examples
    --------
    >>> tokens()["colour-text"], tokens("dark")["colour-text"]
    ('#1f2a26', '#ece7da')
    """
    light, dark = tokens_css().split(_DARK)
    found = dict(_DECLARATION.findall(light))
    if theme == "dark":
        found |= dict(_DECLARATION.findall(dark))
    return MappingProxyType({name: _resolved(value, found) for name, value in found.items()})


def _resolved(value: str, found: Mapping[str, str]) -> str:
    return _REFERENCE.sub(lambda match: _resolved(found[match[1]], found), value)


def colour(meaning: str) -> str:
    """A colour by its meaning, as an attribute value for SVG.

    Examples
    --------
    >>> colour("text")
    'var(--colour-text, #1f2a26)'
    """
    return f"var(--colour-{meaning}, {tokens()[f'colour-{meaning}']})"


def rung_colour(state: int, n_states: int) -> str:
    """The colour of a state; fewer or more than six states are spread over the six colours.

    Examples
    --------
    >>> rung_colour(3, 6)
    'var(--colour-rung-3, #2c7952)'
    """
    return colour(f"rung-{round(5 * state / max(n_states - 1, 1))}")
