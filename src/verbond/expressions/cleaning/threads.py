"""What of a mail its writer wrote: replies that it quotes, its signature and its disclaimer come off.

Read line by line, each line looked at for its first characters alone, by patterns without nested repeats: a
thread costs what its length is. (The package for this that we tried takes seconds for four thousand
characters on one line.)
"""

from __future__ import annotations

import re

__all__ = ["stripped"]

_LOOKED_AT = 300
_HEADER_LINES = 3
_MOST_SIGNATURE_LINES = 14
_LONGEST_SIGNATURE_LINE = 90
_LEAST_SIGNALS = 2

_QUOTE = re.compile(r"\s{0,8}(?:>|\|\s)")
_MARK = re.compile(r"^[\s>|*]{0,200}")
_WROTE_START = re.compile(r"(?:Op|On)\s", re.IGNORECASE)
_WROTE = re.compile(r"\b(?:schreef|wrote|geschreven)\b", re.IGNORECASE)
_SELF = re.compile(
    r"\b(?:schreef\s+(?:ik|wij|we|u|je|jij|jullie)|(?:I|we|you)\s+wrote|(?:heb|hebben)\s)", re.IGNORECASE
)
_WHEN = re.compile(r"\d|@|\b(?:ma|di|wo|do|vr|za|zo|mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6}\b", re.IGNORECASE)
_SEPARATOR = re.compile(
    r"(?:-{2,}|_{2,})\s*(?:Original Message|Oorspronkelijk bericht|Origineel bericht|Forwarded message"
    r"|Doorgestuurd bericht)\s*(?:-{2,}|_{2,})?$"
    r"|(?:Begin forwarded message|Begin doorgestuurd bericht|Begin van doorgestuurd bericht)\s*:?$",
    re.IGNORECASE,
)
_FROM = re.compile(r"\*?(?:Van|From)\s?:", re.IGNORECASE)
_FIELD = re.compile(
    r"\*?(?:Van|From|Verzonden|Datum|Aan|Onderwerp|Sent|Date|To|Subject|Cc|Bcc|Bijlagen|Attachments)\s?:",
    re.IGNORECASE,
)
_DASHES = re.compile(r"--\s{0,3}$")
_CLOSING = re.compile(
    r"(?:(?:met\s+)?(?:een\s+)?(?:hele\s+)?(?:vriendelijke|hartelijke|warme|lieve|zonnige|fijne|beste)\s+groet(?:en|jes)?"
    r"|groet(?:en|jes)?|mvg|m\.v\.g\.?|hoogachtend"
    r"|(?:with\s+)?(?:kind|kindest|best|warm|warmest)\s+(?:regards|wishes)|regards|sincerely|cheers"
    r"|yours\s+(?:sincerely|faithfully|truly)|all\s+the\s+best)(?P<rest>[\s,.!]{0,3}.{0,60})$",
    re.IGNORECASE,
)
_MOBILE = re.compile(
    r"(?:verstuurd|verzonden|gestuurd|sent)\s+(?:vanaf|vanuit|via|met|from|with|using)\s+(?=.{0,40}"
    r"(?:mijn|my|iphone|ipad|android|samsung|galaxy|outlook|mail|yahoo|huawei|blackberry|telefoon|phone|mobiel))"
    r".{0,50}$|(?:get\s+outlook\s+for|download\s+outlook\s+voor|outlook\s+voor\s+\w+\s+(?:downloaden|ophalen)).{0,60}$",
    re.IGNORECASE,
)
_POSTSCRIPT = re.compile(r"p\.?\s?s\.?\b", re.IGNORECASE)
_THIS_MAIL = re.compile(
    r"\b(?:dit|deze|this|the|de|het)\s(?:e-?mail|bericht|mail|message|communication|informatie|information)"
    r"|\be-?mail(?:bericht)?\b",
    re.IGNORECASE,
)
_SIGNALS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"vertrouwelijk|confidential|privileged|geheimhouding",
        r"(?:uitsluitend|alleen|slechts)\s(?:bestemd|bedoeld)|geadresseerde|intended\s(?:only|solely|recipient|for)"
        r"|addressee|onbevoegd",
        r"vernietig|verwijder|delete|destroy|ten onrechte|in error|per vergissing",
        r"aansprakelijk|liab(?:le|ility)|rechten\s(?:worden\s)?ontle",
        r"openbaarmaking|verspreid|vermenigvuldig|disclos|distribut|unauthori[sz]ed|prohibited|verboden",
        r"rechten\sworden\sontleend|no\srights\s(?:can|may)\sbe\sderived",
    )
)
_ALONE = re.compile(
    r"disclaimer\s?:?|denk\s(?:aan|om)\shet\smilieu\s(?:voor|alvorens)"
    r"|(?:please\s)?consider\sthe\senvironment\sbefore\sprint",
    re.IGNORECASE,
)


def stripped(text: str) -> tuple[str, dict[str, int]]:
    """A message without replies that it quotes, disclaimers and its signature.

    Parameters
    ----------
    text : str
        Plain text with line feeds.

    Returns
    -------
    tuple
        What is left; characters taken out by "quoted", "disclaimer" and "signature".
    """
    lines = text.split("\n")
    taken: dict[str, int] = {}
    for kind, strip in (("quoted", _unquoted), ("disclaimer", _undisclaimed), ("signature", _unsigned)):
        left = strip(lines)
        if (n := _size(lines) - _size(left)) > 0:
            taken[kind] = n
        lines = left
    return "\n".join(lines), taken


def _size(lines: list[str]) -> int:
    return sum(len(line.strip()) for line in lines)


def _bare(line: str) -> str:
    """A line's first characters without marks of quoting."""
    return _MARK.sub("", line[: 2 * _LOOKED_AT])[:_LOOKED_AT].rstrip()


# replies that are quoted


def _unquoted(lines: list[str]) -> list[str]:
    lines = lines[_pasted_header(lines) :]
    left: list[str] = []
    i, n = 0, len(lines)
    while i < n:
        if _QUOTE.match(lines[i]) and (end := _quote_end(lines, i)) > i + 1:
            i = end
            continue
        if header := _wrote(lines, i):
            after = _next_filled(lines, i + header)
            if after < n and _QUOTE.match(lines[after]):
                i = _quote_end(lines, after)
                continue
            return left
        if _SEPARATOR.match(_bare(lines[i])) or _is_header(lines, i):
            return left
        left.append(lines[i])
        i += 1
    return left


def _next_filled(lines: list[str], i: int) -> int:
    while i < len(lines) and not lines[i].strip():
        i += 1
    return i


def _quote_end(lines: list[str], i: int) -> int:
    """Where a block of quoted lines ends."""
    while i < len(lines) and _QUOTE.match(lines[i]):
        i += 1
    return i


def _wrote(lines: list[str], i: int) -> int:
    """How many lines "On 3 May, Jan wrote:" takes from here; 0 where none begins here."""
    first = _bare(lines[i])
    if not first or not (_WROTE_START.match(first) or _WROTE.search(first)):
        return 0
    joined = ""
    for n, line in enumerate(lines[i : i + _HEADER_LINES], 1):
        joined = f"{joined} {_bare(line)}".strip()
        if joined.endswith(":"):
            fits = _WROTE.search(joined) and _WHEN.search(joined) and not _SELF.search(joined)
            return n if fits and (_WROTE_START.match(joined) or "@" in joined) else 0
    return 0


def _is_header(lines: list[str], i: int) -> bool:
    """Whether the fields of a mail begin here: from, and two more close by."""
    if not _FROM.match(_bare(lines[i])):
        return False
    return sum(bool(_FIELD.match(_bare(line))) for line in lines[i + 1 : i + 6]) >= 2


def _pasted_header(lines: list[str]) -> int:
    """How many lines the fields of a mail take that was pasted with them above it."""
    first = _next_filled(lines, 0)
    if first == len(lines) or _QUOTE.match(lines[first]) or not _is_header(lines, first):
        return 0
    while first < len(lines) and lines[first].strip():
        first += 1
    return first


# disclaimers


def _undisclaimed(lines: list[str]) -> list[str]:
    left: list[str] = []
    paragraph: list[str] = []
    for line in [*lines, ""]:
        if line.strip():
            paragraph.append(line)
            continue
        if not (paragraph and any(one.strip() for one in left) and _is_disclaimer(paragraph)):
            left += paragraph
        left.append(line)
        paragraph = []
    return left[:-1]


def _is_disclaimer(paragraph: list[str]) -> bool:
    said = " ".join(line[:1_000] for line in paragraph[:40])[:3_000].strip(" *_-")
    if _ALONE.match(said):
        return True
    return bool(_THIS_MAIL.search(said)) and sum(bool(one.search(said)) for one in _SIGNALS) >= _LEAST_SIGNALS


# signatures


def _unsigned(lines: list[str]) -> list[str]:
    lines = [line for line in lines if not _MOBILE.match(_bare(line))]
    while lines and not lines[-1].strip():
        lines.pop()
    for i in range(len(lines) - 1, max(0, len(lines) - 2 * _MOST_SIGNATURE_LINES) - 1, -1):
        below = [line.strip() for line in lines[i + 1 :] if line.strip()]
        if not any(line.strip() for line in lines[:i]):
            break
        if _begins_signature(_bare(lines[i]), lines[i], below):
            return lines[:i] + _postscript(lines[i + 1 :])
    return lines


def _begins_signature(bare: str, line: str, below: list[str]) -> bool:
    end = next((n for n, one in enumerate(below) if _POSTSCRIPT.match(one)), len(below))
    below = below[:end]
    if len(below) > _MOST_SIGNATURE_LINES or any(len(one) > _LONGEST_SIGNATURE_LINE for one in below):
        return False
    if _DASHES.match(line):
        return True
    closing = _CLOSING.match(bare) if len(line) < _LOOKED_AT else None
    return closing is not None and _is_name_like(closing["rest"]) and not any(map(_is_prose, below))


def _is_name_like(rest: str) -> bool:
    """Whether what follows a greeting on its line can be a name, and nothing more is said."""
    if rest and rest[0].isalnum():
        return False
    words = rest.strip(" ,.!").split()
    return len(words) <= 5 and not _is_prose(rest)


def _is_prose(line: str) -> bool:
    return len(line.split()) > 5 and line.rstrip().endswith((".", "!", "?"))


def _postscript(below: list[str]) -> list[str]:
    for i, line in enumerate(below):
        if _POSTSCRIPT.match(line.strip()):
            return ["", *below[i:]]
    return []
