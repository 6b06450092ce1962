"""Words brought back to what their inflections share: a light hand, for looking up in a list.

No grammar: both sides of a comparison go through the same rules, so a stem need not be a word ("duurzame" and
"duurzaam" both become "durzam").
"""

from __future__ import annotations

import re
import unicodedata

from verbond.results.wording import Language

__all__ = ["FUNCTION_WORDS", "NEGATIONS", "plain", "stem", "tokens"]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


FUNCTION_WORDS: dict[Language, frozenset[str]] = {
    "nl": _words(
        "de het een en of van voor met aan in op te bij tot uit om door over naar als dat die dit deze is "
        "zijn was wordt worden ben bent we wij ons onze ik je jij jou jouw u uw jullie zij ze hij haar hun "
        "er ook nog al wel zo maar dan want heel zeer erg meer meest altijd iedere elke elk ieder mee onder "
        "kunnen kan mag mogen zullen hebben heeft heb ooit nu daar hier wat wie mijn alle iets"
    ),
    "en": _words(
        "the a an and or of for with to in on at by from as that this these those is are was be been we our "
        "us i you your yours they their he she it its also so very more most always every each there can "
        "may will shall have has had do does what who my all some now here up out into than then"
    ),
}
"""Words that say nothing about values by themselves."""

NEGATIONS: dict[Language, frozenset[str]] = {
    "nl": _words("geen niet nooit zonder niets niks noch"),
    "en": _words(
        "no not never without nothing neither nor cannot don't doesn't didn't won't can't isn't aren't"
    ),
}
"""Words that turn what follows round."""

_TOKEN = re.compile(r"[a-z0-9]+(?:['’][a-z]+)?(?:-[a-z0-9]+)*|[+=]")
_DOUBLED = re.compile(r"([a-z])\1")
_ENDINGS: dict[Language, tuple[tuple[str, str, int], ...]] = {
    "nl": (
        ("heden", "heid", 4), ("'s", "", 3), ("ste", "", 5), ("ere", "er", 4), ("ende", "end", 4),
        ("en", "", 3), ("e", "", 3),
    ),
    "en": (
        ("'s", "", 3), ("ies", "y", 3), ("sses", "ss", 3), ("ing", "", 3), ("edly", "", 4), ("ed", "", 3),
        ("es", "", 3), ("e", "", 3), ("s", "", 3),
    ),
}  # fmt: skip
"""Ending, what comes instead, letters that must be left; the first that fits is taken off."""


def plain(text: str) -> str:
    """Lower case without accents, one space between words.

    Examples
    --------
    >>> plain("  Coöperatie \\n & Zorg ")
    'cooperatie & zorg'
    """
    decomposed = unicodedata.normalize("NFKD", text)
    folded = "".join(c for c in decomposed if not unicodedata.combining(c)).casefold()
    return " ".join(unicodedata.normalize("NFKD", folded).split())


def tokens(text: str) -> list[str]:
    """The words of a text, plain; a plus or an equals sign counts as a word.

    Examples
    --------
    >>> tokens("Prijs-kwaliteit, 1+1 gratis!")
    ['prijs-kwaliteit', '1', '+', '1', 'gratis']
    """
    return _TOKEN.findall(plain(text).replace("’", "'"))


def stem(word: str, language: Language) -> str:
    """What the inflections of a plain word share.

    Parameters
    ----------
    word : str
        From `tokens`.
    language : {"en", "nl"}

    Examples
    --------
    >>> stem("duurzame", "nl") == stem("duurzaam", "nl"), stem("prijzen", "nl") == stem("prijs", "nl")
    (True, True)
    >>> stem("sharing", "en") == stem("share", "en"), stem("values", "en") == stem("value", "en")
    (True, True)
    """
    if language == "nl" and len(word) > 3:
        word = word.removesuffix("s")
    for ending, instead, least in _ENDINGS[language]:
        if word.endswith(ending) and len(word) - len(ending) >= least:
            word = word[: len(word) - len(ending)] + instead
            break
    if language == "nl" and word.endswith("t") and len(word) > 4 and word[-2] in "bdfgklmnprs":
        word = word[:-1]  # zorgt, helpt
    word = _DOUBLED.sub(r"\1", word)
    if language == "nl" and len(word) > 3:
        word = word[:-1] if word[-1] in "sz" else word.removesuffix("v") + "f" * word.endswith("v")
    return word
