"""HTML to text as a reader would see it: blocks on lines of their own, without what is hidden or quoted."""

from __future__ import annotations

import re
from collections.abc import Mapping

__all__ = ["LONGEST_MARKUP", "is_markup", "text_of_markup"]

LONGEST_MARKUP = 500_000
"""Characters of markup that are read; what comes after is not."""
_NAMES = (
    "html|head|body|meta|style|script|title|div|p|br|hr|span|font|center|table|tbody|tr|td|th|ul|ol|li|a|img"
    "|b|i|u|em|strong|small|h[1-6]|blockquote|pre|article|section|header|footer"
)
_TAG = re.compile(rf"<(?:!doctype\s+html|!--|/?(?:{_NAMES})(?=[\s/>]))", re.IGNORECASE)
_BLOCKS = frozenset(
    [
        "address",
        "article",
        "blockquote",
        "body",
        "center",
        "div",
        "dd",
        "dl",
        "dt",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "html",
        "li",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "td",
        "th",
        "tr",
        "ul",
        "br",
    ]
)
_UNSEEN = frozenset(
    ["head", "script", "style", "title", "template", "noscript", "object", "svg", "select", "textarea"]
)
_QUOTES = frozenset(("gmail_quote", "yahoo_quoted", "moz-cite-prefix", "protonmail_quote"))
_SIGNATURES = frozenset(("gmail_signature", "moz-signature", "protonmail_signature_block"))
_BELOW_IS_QUOTED = frozenset(("divrplyfwdmsg", "appendonsend", "mail-editor-reference-message-container"))
_VOID = frozenset(
    [
        "area",
        "base",
        "br",
        "col",
        "embed",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "param",
        "source",
        "track",
        "wbr",
    ]
)
_HIDDEN = re.compile(r"display\s*:\s*none|mso-hide\s*:\s*all", re.IGNORECASE)
_INVISIBLE = re.compile("[\u00ad\u034f\u200b\u200c\u2060\ufeff\x00]")
_ATTRIBUTE_READ = 1_000
_MOST_TAGS = 20_000
"""Of one message; what comes after is not read."""


def is_markup(text: str) -> bool:
    """Whether a text holds tags of HTML.

    Examples
    --------
    >>> is_markup("<p>Dag</p>"), is_markup("van < 5 naar > 3"), is_markup("Jan <jan@example.org>")
    (True, False, False)
    """
    return _TAG.search(text, 0, LONGEST_MARKUP) is not None


def text_of_markup(text: str) -> tuple[str, dict[str, int]]:
    """The text of HTML, and how many characters of quotes and signatures mail programs had marked in it.

    Tags are read as they come and no tree is built, so that nesting costs nothing.

    Parameters
    ----------
    text : str
        HTML, whole or broken; the first `LONGEST_MARKUP` characters and 20,000 tags count.

    Returns
    -------
    tuple
        The text; characters by "quoted" and "signature".

    Raises
    ------
    ImportError
        lxml is not installed.
    """
    from lxml import etree

    target = _Reader()
    here = text[:LONGEST_MARKUP].encode("utf-8", "replace")
    if here.strip():
        try:
            parser = etree.HTMLParser(target=target, no_network=True, encoding="utf-8")
            parser.feed(here)
            parser.close()
        except (_EnoughError, etree.LxmlError):  # the rest is not read: what was read before it stays
            pass
    return target.told(), target.left_out


class _EnoughError(Exception):
    """More tags than a message has."""


class _Reader:
    """What a parser tells of the tags that it meets."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.left_out: dict[str, int] = {}
        self._skipping: list[str] = []
        self._why = ""
        self._n_tags = 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._n_tags += 1
        if self._n_tags > _MOST_TAGS:
            raise _EnoughError
        if self._skipping:
            if tag not in _VOID:
                self._skipping.append(tag)
            return
        why = _left_out(tag, attributes)
        if why and tag not in _VOID:
            self._why, self._skipping = why, [tag]
            if why == "below":
                self._skipping = ["", tag]  # nothing ends the one below
        elif tag in _BLOCKS:
            self.parts.append("\n")
        elif tag == "img" and not why and (alt := attributes.get("alt", "")[:_ATTRIBUTE_READ].strip()):
            self.parts.append(f" {alt} ")

    def end(self, tag: str) -> None:
        if self._skipping:
            if self._skipping[-1] == tag:
                self._skipping.pop()
        elif tag in _BLOCKS:
            self.parts.append("\n")

    def data(self, data: str) -> None:
        if not self._skipping:
            self.parts.append(re.sub(r"\s+", " ", data))
        elif self._why != "unseen":
            kind = "signature" if self._why == "signature" else "quoted"
            self.left_out[kind] = self.left_out.get(kind, 0) + len(data.strip())

    def comment(self, text: str) -> None:
        """Nobody sees a comment."""

    def close(self) -> None:
        """Nothing is kept open."""

    def told(self) -> str:
        lines = (" ".join(line.split()) for line in _INVISIBLE.sub("", "".join(self.parts)).split("\n"))
        return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _left_out(tag: str, attributes: Mapping[str, str]) -> str:
    """Why an element is not read: "unseen", "quoted", "signature", "below" (all after it, too), or ""."""
    if tag in _UNSEEN or _HIDDEN.search(attributes.get("style", "")[:_ATTRIBUTE_READ]):
        return "unseen"
    if attributes.get("id", "").lower() in _BELOW_IS_QUOTED:
        return "below"
    classes = set(attributes.get("class", "")[:_ATTRIBUTE_READ].split())
    if classes & _QUOTES or (tag == "blockquote" and attributes.get("type", "").lower() == "cite"):
        return "quoted"
    return "signature" if classes & _SIGNATURES else ""
