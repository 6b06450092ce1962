"""A few of the words that customers wrote, to lie beside the image field.

Only where ten people or more wrote something, chosen by lot and never by what they say, and without what may
name somebody: addresses, numbers, and every name that a capital gives away. Names that are written like any
other word cannot be told from it; a facilitator decides whether participants see any of this.
"""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from verbond.errors import NothingImportedError
from verbond.language.stems import FUNCTION_WORDS, NEGATIONS, plain, tokens
from verbond.language.wordlist import WORDS
from verbond.results import Language
from verbond.tables.reads.words import CustomerWords, customer_words
from verbond.web.diagnosing import archive_of, open_data
from verbond.web.listening.rows import MIN_WORDS
from verbond.web.store.models import Organisation

__all__ = ["HIDDEN", "Quotes", "masked", "quotes_of", "shown_of", "state_of"]

N_QUOTES = 3
HIDDEN = "[…]"
"""What stands in place of what may name somebody."""
LENGTHS = range(25, 260)
"""Characters of a text that can be read in passing."""
_MOST_READ = 300
MOST_HIDDEN = 2
"""With more hidden parts a text is left out: who reads it would guess."""
_ADDRESS = re.compile(r"\S+@\S+|https?://\S+|www\.\S+", re.IGNORECASE)
_POSTCODE = re.compile(r"\b\d{4}\s?[A-Z]{2}\b")
_ACCOUNT = re.compile(r"\b[A-Z]{2}\d{2}\s?(?:[A-Z0-9]{4}\s?){2,7}[A-Z0-9]{0,4}\b")
_NUMBER = re.compile(r"(?<![€$£\d])(?<![€$£] )(?<!\d[.,])\+?\d(?:[\s().\/-]?\d)+(?!\s?%|\d)")
_TITLED = re.compile(
    r"\b(mevrouw|meneer|mevr|dhr|mw|mr|mrs|ms|miss|heer|familie|dokter|doctor|dr)\b\.?\s+(?:van\s|de\s|der\s|den\s)*\w+",
    re.IGNORECASE,
)
_GREETED = re.compile(
    r"\b(groet(?:en|jes)?|groeten van|regards|cheers|hoogachtend)\b.*", re.IGNORECASE | re.DOTALL
)
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_ENDS = re.compile(r"[.!?:…]['\")\]]*\s*$|^['\"(\[]*$")
_RUN = re.compile(rf"{re.escape(HIDDEN)}(?:[\s'’-]+{re.escape(HIDDEN)})+")
_CAPITAL = frozenset(
    tokens(
        "i i'm i've i'd i'll u black friday monday tuesday wednesday thursday saturday sunday january "
        "february march april june july august september october november december nederland nederlandse "
        "nederlands dutch english europa europe nl eu"
    )
)
"""What is written with a capital and names nobody."""


@dataclass(frozen=True, slots=True)
class Quotes:
    """Words of customers.

    Attributes
    ----------
    items : tuple of (str, str)
        Language ("" where unknown) and words: those with the least hidden first, among these by lot.
    n_texts, n_people : int
        That they were chosen from.
    simulated : bool
    """

    items: tuple[tuple[str, str], ...]
    n_texts: int
    n_people: int
    simulated: bool = False

    def in_language(self, language: Language) -> tuple[str, ...]:
        """At most `N_QUOTES`: in the reader's language first, others where those are too few."""
        own = [words for spoken, words in self.items if spoken == language]
        other = [words for spoken, words in self.items if spoken != language]
        return tuple((own + other)[:N_QUOTES])


_kept: OrderedDict[int, tuple[str, Quotes | None]] = OrderedDict()
_locks: dict[int, threading.Lock] = {}
_guard = threading.Lock()
_MOST_KEPT = 32
_TRIES = 3


def state_of(organisation: Organisation) -> str:
    """Another text once the data of an organisation are other, be it that somebody was erased from them."""
    return f"{organisation.kind} {archive_of(organisation).state()}"


def quotes_of(organisation: Organisation) -> Quotes | None:
    """Words of an organisation's customers; None where there are too few.

    The data are opened once for each state of them; whoever asks meanwhile waits.
    """
    with _guard:
        lock = _locks.setdefault(organisation.pk, threading.Lock())
    with lock:
        state, known = state_of(organisation), _kept.get(organisation.pk)
        if known is not None and known[0] == state:
            return known[1]
        for _ in range(_TRIES):  # the first time reading may merge what was not merged yet
            before, found = state, _read(organisation)
            state = state_of(organisation)
            if state == before:
                _remember(organisation.pk, state, found)
                break
        return found


def _remember(pk: int, state: str, found: Quotes | None) -> None:
    with _guard:
        _kept[pk] = state, found
        _kept.move_to_end(pk)
        while len(_kept) > _MOST_KEPT:
            _kept.popitem(last=False)


def _read(organisation: Organisation) -> Quotes | None:
    try:
        tables = open_data(organisation)
    except NothingImportedError:
        return None
    with tables:
        said = customer_words(tables, shortest=LENGTHS.start, longest=LENGTHS.stop, most=_MOST_READ)
        return shown_of(said, names=(organisation.name,), simulated=tables.simulated)


def shown_of(said: CustomerWords, *, names: Iterable[str] = (), simulated: bool = False) -> Quotes | None:
    """What may be shown of the texts of customers.

    Parameters
    ----------
    said : CustomerWords
        In an order by lot.
    names : iterable of str
        That may stand there: the company's own.
    simulated : bool

    Returns
    -------
    Quotes or None
        None where fewer than ten people wrote: a text alone is known by its style. Of each person one.
    """
    if said.n_people < MIN_WORDS:
        return None
    ordinary = _ordinary([text for text, _, _ in said.texts])
    known = frozenset(word for name in names for word in plain(name).split())
    items: list[tuple[str, str]] = []
    heard: set[str] = set()
    for text, language, who in said.texts:
        words = masked(text, ordinary, known)
        if words.count(HIDDEN) <= MOST_HIDDEN and (not who or who not in heard):
            heard.add(who)
            items.append((language, words))
    items.sort(key=lambda one: one[1].count(HIDDEN))
    return Quotes(tuple(items), said.n_texts, said.n_people, simulated) if items else None


def masked(text: str, ordinary: frozenset[str] = frozenset(), known: frozenset[str] = frozenset()) -> str:
    """A text without addresses, numbers, and names that a capital gives away.

    Parameters
    ----------
    text : str
    ordinary : frozenset of str
        Plain words that may begin a sentence with a capital; others count as names there too.
    known : frozenset of str
        Plain words that may stand there with a capital.

    Examples
    --------
    >>> ordinary = frozenset({"toen"})
    >>> masked("Toen belde Anna de Wit mij op 06-12345678.", ordinary)
    'Toen belde […] de […] mij op […].'
    >>> masked("We bellen, niet Zonnewende.", ordinary, frozenset({"zonnewende"}))
    'We bellen, niet Zonnewende.'
    """
    text = " ".join(text.split())
    text = _GREETED.sub(lambda match: f"{match[1]} {HIDDEN}", text)
    for pattern in (_ADDRESS, _ACCOUNT, _POSTCODE, _NUMBER):
        text = pattern.sub(HIDDEN, text)
    text = _TITLED.sub(lambda match: f"{match[1]} {HIDDEN}", text)
    allowed = known | _CAPITAL

    def without_name(match: re.Match[str]) -> str:
        word = match[0]
        if not any(c.isupper() for c in word):
            return word
        key = plain(word).replace("’", "'")
        begins = _ENDS.search(text[: match.start()].rstrip()) is not None
        fine = key in allowed or (begins and (key in ordinary or key in _everyday()))
        return word if fine else HIDDEN

    return _RUN.sub(HIDDEN, _WORD.sub(without_name, text))


def _ordinary(texts: Sequence[str]) -> frozenset[str]:
    """Words that two texts write without a capital: no names."""
    counts: dict[str, int] = {}
    for text in texts:
        for word in {plain(word) for word in _WORD.findall(text) if word[0].islower()}:
            counts[word] = counts.get(word, 0) + 1
    return frozenset(word for word, n in counts.items() if n >= 2)


_EVERYDAY: list[frozenset[str]] = []


def _everyday() -> frozenset[str]:
    """Words of our own lists."""
    if not _EVERYDAY:
        listed = {w for word in WORDS for phrase in (*word.nl, *word.en) for w in tokens(phrase)}
        every = (listed, *FUNCTION_WORDS.values(), *NEGATIONS.values())
        _EVERYDAY.append(frozenset().union(*every))
    return _EVERYDAY[0]
