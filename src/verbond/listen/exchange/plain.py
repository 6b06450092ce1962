"""Words as somebody else's tool keeps them, without HTML, scripts, pictures and placeholders."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html.parser import HTMLParser

from verbond.listen.questionnaire import LIMITS, UNSOUND

__all__ = ["Plain", "plain"]

_MOST = 40_000
"""Characters that are looked at: ten times what a text may hold."""
_BREAKS = frozenset(
    ["address", "br", "div", "h1", "h2", "h3", "h4", "h5", "h6", "li", "p", "table", "tr", "ul", "ol"]
)
_SILENT = frozenset(["head", "script", "style", "template", "title"])
_SEEN = frozenset(["audio", "canvas", "embed", "iframe", "img", "object", "svg", "video"])
_PIPED = re.compile(r"\$\{[^{}\n]{1,300}\}|\{(?!company\})[A-Za-z_(!][^{}\n]{0,300}\}")
"""`${q://QID1/...}` and `${e://Field/...}` of Qualtrics, `{Q1.shown}` and `{TOKEN:...}` of LimeSurvey."""


@dataclass(frozen=True, slots=True)
class Plain:
    """Words, and what went from them.

    Attributes
    ----------
    words : str
    pictured, piped, cut : bool
        A picture, film or frame; a placeholder that another answer would fill; an end that was too long.
    """

    words: str
    pictured: bool = False
    piped: bool = False
    cut: bool = False


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.said: list[str] = []
        self.silent = 0
        self.pictured = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.silent += tag in _SILENT
        self.pictured |= tag in _SEEN
        if tag in _BREAKS:
            self.said.append("\n")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.pictured |= tag in _SEEN
        if tag in _BREAKS:
            self.said.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self.silent = max(0, self.silent - 1)
        if tag in _BREAKS:
            self.said.append("\n")

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.said.append(data)


def plain(html: str) -> Plain:
    """The words of a piece of HTML, as a person would read them.

    Examples
    --------
    >>> plain("<p>Hoe <b>tevreden</b> ben je&nbsp;met&#32;ons?</p><script>alert(1)</script>").words
    'Hoe tevreden ben je met ons?'
    >>> plain("You chose ${q://QID1/ChoiceGroup/SelectedChoices}.")
    Plain(words='You chose ….', pictured=False, piped=True, cut=False)
    """
    cut = len(html) > _MOST
    html, pictured = html[:_MOST], False
    if "<" in html or "&" in html:
        parser = _Words()
        parser.feed(html)
        parser.close()
        html, pictured = "".join(parser.said), parser.pictured
    words, n_piped = _PIPED.subn("…", UNSOUND.sub("", html))
    lines = (" ".join(line.split()) for line in words.split("\n"))
    words = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
    cut |= len(words) > LIMITS.words
    return Plain(words[: LIMITS.words].rstrip(), pictured, bool(n_piped), cut)
