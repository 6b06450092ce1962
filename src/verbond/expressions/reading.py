"""Which messages can be read at all, in which language, and why not."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from verbond.language.stems import FUNCTION_WORDS, NEGATIONS, tokens
from verbond.results import Reason
from verbond.results.wording import LANGUAGES, Language

__all__ = ["LEAST_WORDS", "LONGEST", "language_of", "unreadable"]

LEAST_WORDS = 3
"""With fewer words a message says too little to be rated."""
LONGEST = 20_000
"""Characters of a message that are read; what comes after is not."""
_SURE = 0.7
_LEAST_SHARE = 0.12
"""Of the words that are function words of the language; below it, it is another one."""
_LETTERS = re.compile(r"[^\W\d_]")
_KIN = {"af": "nl", "sco": "en"}
"""Languages that short Dutch and English is often taken for."""


def unreadable(text: str) -> Reason | None:
    """Why a message says too little to be rated, or None.

    Examples
    --------
    >>> unreadable("👍👍").code, unreadable("Ok").code, unreadable("We staan naast je.")
    ('expressions.no_words', 'expressions.too_short', None)
    """
    if not text.strip():
        return Reason("expressions.empty")
    if not _LETTERS.search(text):
        return Reason("expressions.no_words")
    if len(text[:LONGEST].split()) < LEAST_WORDS:
        return Reason("expressions.too_short", {"least": LEAST_WORDS})
    return None


def language_of(text: str) -> Language | None:
    """Dutch, English, or None where it is plainly another language.

    Where the package py3langid is installed it decides (Lui & Baldwin 2011); else the function words do.

    Examples
    --------
    >>> language_of("Wij helpen je graag verder."), language_of("We are here to help you.")
    ('nl', 'en')
    """
    here = text[:LONGEST]
    words = tokens(here)
    own = {lang: sum(w in FUNCTION_WORDS[lang] or w in NEGATIONS[lang] for w in words) for lang in LANGUAGES}
    likeliest: Language = max(LANGUAGES, key=lambda lang: (own[lang], lang == "nl"))
    seen = own[likeliest] >= _LEAST_SHARE * len(words)
    if (identify := _identifier()) is None:
        return likeliest if seen else None
    found, sureness = identify(here)
    found = _KIN.get(found, found)
    if found in LANGUAGES:
        return found  # type: ignore[no-any-return]
    return None if sureness >= _SURE or not seen else likeliest


@cache
def _identifier() -> Any:
    try:
        from py3langid.langid import MODEL_FILE, LanguageIdentifier
    except ImportError:
        return None
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True).classify
