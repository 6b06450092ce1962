"""Words as somebody else's tool keeps them, without HTML, scripts, pictures and placeholders."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape

from verbond.listen.questionnaire import LIMITS, UNSOUND

__all__ = ["Plain", "plain"]

_MOST = 12_000
"""Characters that are looked at: three times what a text may hold."""
_BREAKS = frozenset(
    ["address", "br", "div", "h1", "h2", "h3", "h4", "h5", "h6", "li", "p", "table", "tr", "ul", "ol"]
)
_SILENT = frozenset(["head", "script", "style", "template", "title"])
_SEEN = frozenset(["audio", "canvas", "embed", "iframe", "img", "object", "svg", "video"])
_NAME = re.compile(r"<([/!?]?)([a-zA-Z][a-zA-Z0-9]*)")
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


def _without_tags(html: str) -> tuple[str, bool]:
    """Words without tags, comments and scripts; and whether there was a picture or a film.

    One pass, in time that grows with the length alone, whatever is not closed: `html.parser` goes back to the
    beginning for every "<".
    """
    said: list[str] = []
    pictured, at = False, 0
    while (start := html.find("<", at)) >= 0:
        said.append(html[at:start])
        name = _NAME.match(html, start)
        end = _end_of_tag(html, start) if name else -1
        if html.startswith("<!--", start):
            close = html.find("-->", start)
            at = len(html) if close < 0 else close + 3
        elif name is None or end < 0:
            said.append("<")
            at = start + 1
        else:
            tag = name[2].lower()
            pictured |= tag in _SEEN
            if tag in _BREAKS:
                said.append("\n")
            at = end + 1
            if tag in _SILENT and not name[1]:
                last = re.compile(rf"</{tag}\b", re.IGNORECASE).search(html, at)
                at = last.start() if last else len(html)
    said.append(html[at:])
    return unescape("".join(said)), pictured


def _end_of_tag(html: str, start: int) -> int:
    """Where a tag's ">" is, passing over one in quotes; -1 where another tag begins before it."""
    end = html.find(">", start)
    if end >= 0 and html.count('"', start, end) % 2:
        quote = html.find('"', end)
        end = html.find(">", quote) if quote >= 0 else end
    other = html.find("<", start + 1, end)
    return -1 if end < 0 or (other >= 0 and '"' not in html[start:other]) else end


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
    html, pictured = _without_tags(html[:_MOST])
    words, n_piped = _PIPED.subn("…", UNSOUND.sub("", html))
    lines = (" ".join(line.split()) for line in words.split("\n"))
    words = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
    cut |= len(words) > LIMITS.words
    return Plain(words[: LIMITS.words].rstrip(), pictured, bool(n_piped), cut)
