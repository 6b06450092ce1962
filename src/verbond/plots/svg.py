"""Writing SVG by hand: elements with every text and attribute escaped, numbers short, output always equal."""

from __future__ import annotations

import re
from collections.abc import Iterable
from xml.sax.saxutils import escape, quoteattr

from verbond.plots.tokens import FONT_BODY, Theme, colour, tokens

__all__ = ["SOFT", "as_file", "element", "group", "picture", "span", "text", "wobble"]

SOFT = {"fill": colour("text-soft"), "font_size": 13}
"""How words beside a figure look."""

_VARIABLE = re.compile(r"var\(--([a-z0-9-]+)(?:,\s*([^()]*))?\)")


def element(tag: str, *children: str, **attributes: object) -> str:
    """One element; underscores in attribute names become dashes, None leaves an attribute out.

    Children are markup already; text goes through `text`.

    Examples
    --------
    >>> element("line", x1=0, x2=10.0001, stroke_width=1.5, id=None)
    '<line x1="0" x2="10" stroke-width="1.5"/>'
    """
    written = "".join(
        f" {name.rstrip('_').replace('_', '-')}={quoteattr(_written(value))}"
        for name, value in attributes.items()
        if value is not None
    )
    inside = "".join(children)
    return f"<{tag}{written}>{inside}</{tag}>" if inside else f"<{tag}{written}/>"


def text(content: str | Iterable[str], x: float, y: float, **attributes: object) -> str:
    """A text element; its content is escaped, or is a number of `span`s."""
    inside = escape(content) if isinstance(content, str) else "".join(content)
    return element("text", inside, x=x, y=y, **attributes)


def span(content: str, **attributes: object) -> str:
    """A part of a text, escaped."""
    return element("tspan", escape(content), **attributes)


def group(children: Iterable[str], **attributes: object) -> str:
    """A `g` element."""
    return element("g", *children, **attributes)


def picture(
    children: Iterable[str],
    *,
    identity: str,
    kind: str,
    title: str,
    description: str,
    width: float,
    height: float,
    font_size: float | None = 13,
    **more: object,
) -> str:
    """The `svg` element itself, with what a screen reader says in place of it.

    Parameters
    ----------
    children : iterable of str
        Markup.
    identity : str
        Begins every id inside, so that several pictures can stand on one page.
    kind : str
        Names of its classes, for the style sheets ("wide", "circle lit-circle").
    title, description : str
        Name of the picture, and what is to be seen in it in words.
    width, height : float
        Of the view box.
    font_size : float or None
        Of words that say no other; None where each says its own.
    """
    return element(
        "svg",
        element("title", escape(title), id=f"{identity}-title"),
        element("desc", escape(description), id=f"{identity}-desc"),
        *children,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {_written(width)} {_written(height)}",
        width=width,
        height=height,
        role="img",
        aria_labelledby=f"{identity}-title {identity}-desc",
        font_family=FONT_BODY,
        class_=" ".join(["picture", *(f"picture--{name}" for name in kind.split())]),
        font_size=font_size,
        fill=colour("text"),
        **more,
    )


def as_file(svg: str, theme: Theme = "light", *, background: bool = True) -> str:
    """A picture that stands alone (a README, a slide): its variables replaced by the colours of one theme.

    Parameters
    ----------
    svg : str
        From one of the `draw_` functions.
    theme : {"light", "dark"}
    background : bool
        Lay the page's colour under it.

    Examples
    --------
    >>> as_file('<svg><path fill="var(--colour-text, #000)"/></svg>', "dark", background=False)
    '<svg><path fill="#ece7da"/></svg>'
    """
    values = tokens(theme)
    flat = _VARIABLE.sub(lambda match: values.get(match[1], match[2] or "").replace('"', "'"), svg)
    if background:
        sheet = element("rect", width="100%", height="100%", fill=values["colour-page"])
        flat = flat.replace("</desc>", "</desc>" + sheet, 1)
    return flat


def wobble(seed: float, size: float = 1.0) -> float:
    """A small number in -size..size that looks like chance and is always the same: the unsteady hand."""
    value = 43758.5453 * ((seed * 0.137 + 0.618) % 1.0 + 0.05 * (seed % 7))
    return size * (2.0 * (value % 1.0) - 1.0)


def _written(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.2f}".rstrip("0").rstrip(".") if abs(value) >= 0.005 else "0"
    return str(value)
