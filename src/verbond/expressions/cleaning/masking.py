"""Personal data behind a word for what stood there, so that a message stays readable."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from verbond.expressions.reading import language_of
from verbond.results.wording import Language

__all__ = ["Mask", "mask"]

_LABELS: dict[str, dict[str, str]] = {
    "nl": {"name": "naam", "email": "e-mail", "iban": "IBAN", "phone": "telefoon", "postcode": "postcode",
           "address": "adres", "bsn": "BSN", "card": "kaartnummer"},
    "en": {"name": "name", "email": "e-mail", "iban": "IBAN", "phone": "phone", "postcode": "postcode",
           "address": "address", "bsn": "BSN", "card": "card number"},
}  # fmt: skip
_MOST_PASSES = 4
_REGIONS = ("NL", "BE", "GB")
_SHORTEST_IBAN, _LONGEST_IBAN = 15, 34
_LOOK_BACK = 40


@dataclass(frozen=True, slots=True)
class Mask:
    """A message with its personal data masked.

    Attributes
    ----------
    text : str
        The message; "[naam]" or "[name]" and the like stand where personal data were.
    n : mapping of str to int
        How many were masked, by "name", "email", "iban", "phone", "postcode", "address", "bsn" and "card".
    """

    text: str
    n: Mapping[str, int]


def mask(text: str, names: Iterable[str] = (), language: Language | None = None) -> Mask:
    """A message with its personal data masked: masked once more it stays the same.

    What has a shape is found by it and checked where it carries a check: e-mail addresses, account numbers,
    phone numbers, citizen service numbers, payment cards, Dutch postcodes, streets with a house number. Names
    are found where a message says that they are names: after a greeting at the beginning of a line, after
    "Groet," and its like, after "mevrouw" or "Mr", after "mijn naam is", a first
    and a last name after "ik ben", a last name with two initials or more, and where the caller gives them.

    Parameters
    ----------
    text : str
        The message.
    names : iterable of str
        Names that are known, as of the customer who wrote; each part of three letters or more counts.
    language : str, optional
        "nl" or "en", for the words that stand in; found from the text where not given, else English.

    Returns
    -------
    Mask

    Notes
    -----
    This cannot find: names in running sentences that nobody gave, names without capitals, account or phone
    numbers with a mistyped digit (Dutch account numbers are masked by their shape), addresses without a house
    number, postcodes of other countries, numbers of customers and orders (they stay on purpose), user names,
    and a person described so that all know who is meant. It makes a text less personal, not anonymous.
    Without the packages python-stdnum and phonenumbers what has the shape is masked unchecked: more, never
    less.

    Examples
    --------
    >>> mask("Beste mevrouw Jansen,\\nWij storten 25 euro op NL91 ABNA 0417 1643 00.").text
    'Beste mevrouw [naam],\\nWij storten 25 euro op [IBAN].'
    """
    said = _LABELS[language or language_of(text[:2_000]) or "en"]
    known = _name_parts(names)
    n: Counter[str] = Counter()
    for _ in range(_MOST_PASSES):
        before = text
        text = _masked(text, known, said, n)
        if text == before:
            break
    return Mask(text, dict(n))


def _masked(text: str, known: frozenset[str], said: Mapping[str, str], n: Counter[str]) -> str:
    def put(kind: str) -> str:
        n[kind] += 1
        return f"[{said[kind]}]"

    if "@" in text:
        text = _EMAIL.sub(lambda found: put("email"), text)
    text = _IBAN.sub(lambda found: _iban(found[0], put), text)
    text = _CARD.sub(_checked(_is_card, "card", put), text)
    text = _PHONE.sub(_checked(_is_phone, "phone", put), text)
    text = _BSN.sub(_checked(_is_bsn, "bsn", put), text)
    text = _POSTCODE.sub(lambda found: found[0] if _YEAR_AND_WORD.match(found[0]) else put("postcode"), text)
    text = _STREET.sub(lambda found: put("address"), text)
    for pattern in (_GREETED, _JOINED, _CLOSED, _TITLED, _INTRODUCED, _BEING, _INITIALS):
        text = pattern.sub(lambda found: _named(found, put), text)
    return _given(text, known, put) if known else text


def _checked(
    fits: Callable[[re.Match[str]], bool], kind: str, put: Callable[[str], str]
) -> Callable[[re.Match[str]], str]:
    return lambda found: put(kind) if fits(found) else found[0]


# numbers and addresses

_EMAIL = re.compile(r"(?<![\w.!#$%&'*+/=?^`{|}~-])[\w.!#$%&'*+/=?^`{|}~-]++@[\w-]++(?:\.[\w-]++)*+")
_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?:[ .-]?[A-Za-z0-9]){11,30}+(?![A-Za-z0-9])", re.ASCII)
_DUTCH_IBAN = re.compile(r"NL\d{2}[A-Z]{4}\d{10}$", re.ASCII)
_CARD = re.compile(r"(?<![\w,.-])[2-6](?:[ -]?\d){11,18}+(?![\w])", re.ASCII)
_CARD_RANGES = re.compile(
    r"4\d{12}(?:\d{3}){0,2}$|5[1-5]\d{14}$|2[2-7]\d{14}$|3[47]\d{13}$|3[068]\d{12}$|6(?:011|5\d\d)\d{12}$|62\d{14,17}$"
    r"|(?:5[06-9]|6\d)\d{10,17}$"
)
_PHONE = re.compile(
    r"(?<![\w.,€$£/+-])"
    r"(?:(?:\+|00)[ ]?[1-9](?:[ ./()-]{0,3}\d){6,13}+|\(?0\d(?:[ ./()-]{0,3}\d){7,9}+)(?![\w])",
    re.ASCII,
)
_DATE = re.compile(r"\(?\d{1,2}[-/. ]\d{1,2}[-/. ](?:19|20)\d{2}(?!\d)|\d{4}-\d{2}-\d{2}", re.ASCII)
_BSN = re.compile(
    r"(?<![\w.,€$£/+-])(?:\d{8,9}|\d{3}[ .]\d{3}[ .]\d{3}|\d{4}[ .]\d{2}[ .]\d{3})"
    r"(?![\w]|[.,]\d|\s?(?:euro|EUR|%))",
    re.ASCII,
)
_POSTCODE = re.compile(r"(?<![\w€$£.,-])[1-9]\d{3}( ?)(?!SA|SD|SS)([A-Z]{2})(?![\w])")
_YEAR_AND_WORD = re.compile(
    r"(?:19|20)\d\d (?:AD|AL|BC|BE|CE|DE|EN|HE|IK|IN|IS|IT|JE|NO|NU|OF|ON|OP|OR|TE|TO|WE|WO|ZO)$"
)
_STREET = re.compile(
    r"\b[A-Z][\w'-]{0,30}(?:straat|laan|weg|plein|gracht|kade|singel|dreef|steeg|dijk|pad|hof)"
    r"[ ]\d{1,5}(?:[ -]?[a-z])?\b"
    r"|\b\d{1,4}[a-z]?[ ](?:[A-Z][a-z]{1,20}[ ]){1,3}(?:Street|Road|Lane|Avenue|Close|Drive)\b"
)
_BUSINESS = re.compile(
    r"(?:order|bestel\w*|factuur\w*|invoice|klant\w*|customer|polis\w*|policy|ticket|zaak\w*|case|referentie|reference"
    r"|ref|kenmerk|dossier\w*|contract\w*|artikel\w*|meter\w*|track\w*|serie\w*|serial|ean)"
    r"(?:[ ]?(?:number|nummer|nr|no|id|code))?[ .:#]{0,4}(?:is|was|=)?[ .:#]{0,4}$|[€$£][ ]?$|\bEUR[ ]?$|#$",
    re.IGNORECASE,
)  # fmt: skip
_BSN_SAID = re.compile(r"\b(?:bsn|burgerservicenummer|sofinummer|citizen service number)\b", re.IGNORECASE)


def _iban(found: str, put: Callable[[str], str]) -> str:
    """The account number at the beginning of what may be one, masked; words that follow it stay."""
    ends = [i + 1 for i, char in enumerate(found) if char.isalnum()]
    for size in range(min(len(ends), _LONGEST_IBAN), _SHORTEST_IBAN - 1, -1):
        end = ends[size - 1]
        at_word_end = end == len(found) or not found[end].isalnum()
        if at_word_end and _is_iban("".join(filter(str.isalnum, found[:end])).upper()):
            return put("iban") + found[end:]
    return found


def _is_iban(compact: str) -> bool:
    if _DUTCH_IBAN.match(compact):
        return True
    checks = _checks()
    return bool(checks["iban"].is_valid(compact, check_country=False)) if checks else compact[4:].isdigit()


def _is_card(found: re.Match[str]) -> bool:
    digits = "".join(filter(str.isdigit, found[0]))
    if not _CARD_RANGES.match(digits) or _is_business(found):
        return False
    checks = _checks()
    return not checks or bool(checks["luhn"].is_valid(digits))


def _is_bsn(found: re.Match[str]) -> bool:
    digits = "".join(filter(str.isdigit, found[0]))
    is_said = bool(_BSN_SAID.search(found.string[max(0, found.start() - _LOOK_BACK) : found.start()]))
    if not is_said and (len(digits) != 9 or "." in found[0] or _is_business(found)):
        return False
    checks = _checks()
    return not checks or bool(checks["bsn"].is_valid(digits.zfill(9)))


def _is_phone(found: re.Match[str]) -> bool:
    if _DATE.match(found[0]) or _is_business(found):
        return False
    try:
        import phonenumbers
    except ImportError:
        return True
    for region in _REGIONS:
        try:
            number = phonenumbers.parse(found[0], region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            return True
    return False


def _is_business(found: re.Match[str]) -> bool:
    """Whether the words before it say that it is a number of an order and the like, or an amount."""
    return bool(_BUSINESS.search(found.string[max(0, found.start() - _LOOK_BACK) : found.start()]))


def _checks() -> dict[str, Any]:
    try:
        from stdnum import iban, luhn
        from stdnum.nl import bsn
    except ImportError:
        return {}
    return {"iban": iban, "luhn": luhn, "bsn": bsn}


# names

_PART = r"[A-ZÀ-ÖØ-Þ](?:[^\W\d_]|['’-](?=[^\W\d_])){0,30}\.?"
_BETWEEN = r"(?:van|von|de|der|den|het|ten|ter|te|el|al|bin|la|le|du|d'|'t|’t)"
_NAME = (
    rf"(?P<name>(?-i:{_PART}(?:[ ](?:{_BETWEEN}[ ]){{0,3}}{_PART}){{0,4}}|(?:{_BETWEEN}[ ]){{1,3}}{_PART}))"
)
_TITLE = r"(?:mevrouw|meneer|de[ ]heer|heer|mevr\.?|mw\.?|dhr\.?|familie|fam\.|mrs\.?|mr\.?|ms\.?|miss|dr\.?)"
_GREETED = re.compile(
    rf"(?P<before>^[ \t>]{{0,8}}(?:beste|geachte|lieve|hoi|hallo|hai|hey|dag|goede(?:morgen|middag|navond)"
    rf"|dear|hi|hello|good[ ](?:morning|afternoon|evening))[ ]{{1,3}}(?:{_TITLE}[ ]{{1,3}}){{0,2}}){_NAME}"
    r"(?=[ \t]{0,4}(?:[,!.:;?–-]|$)|[ ]en[ ]|[ ]and[ ])",
    re.IGNORECASE | re.MULTILINE,
)
_JOINED = re.compile(
    rf"(?P<before>\[na(?:am|me)\][ ](?:en|and|&)[ ])(?-i:{_NAME})(?=[ \t]{{0,4}}(?:[,!.:;?–-]|$))",
    re.MULTILINE,
)
_CLOSED = re.compile(
    r"(?P<before>(?:^|(?<=[.!?][ ]))[ \t>]{0,8}(?:(?:met[ ])?(?:\w{1,15}[ ]){0,2}groet(?:en|jes)?|mvg"
    r"|hoogachtend|(?:kind(?:est)?|best|warm(?:est)?)?[ ]?(?:regards|wishes)|cheers|sincerely"
    r"|yours[ ]\w{5,10}|thanks|bedankt|liefs)"
    rf"(?:[ ]van|[ ]from)?[,.!]?(?:[ \t]{{1,4}}|[ \t]{{0,4}}\n[ \t>]{{0,8}}(?:\n[ \t>]{{0,8}})?)){_NAME}"
    r"(?=[ \t]{0,4}(?:[,.!|(–-]|$))",
    re.IGNORECASE | re.MULTILINE,
)
_TITLED = re.compile(rf"(?P<before>\b{_TITLE}[ ]{{1,3}}){_NAME}", re.IGNORECASE)
_INTRODUCED = re.compile(
    rf"(?P<before>\b(?:mijn[ ]naam[ ]is|ik[ ]heet|u[ ]sprak[ ]met|my[ ]name[ ]is|i[ ]am[ ]called)"
    rf"[ ]{{1,3}}){_NAME}",
    re.IGNORECASE,
)
_FULL = (
    rf"(?P<name>(?-i:{_PART}[ ](?:{_BETWEEN}[ ]){{0,3}}{_PART}(?:[ ](?:{_BETWEEN}[ ]){{0,3}}{_PART}){{0,3}}))"
)
_BEING = re.compile(
    r"(?P<before>\b(?:ik[ ]ben|i[ ]am|i['’]m|(?:u|je|jullie)[ ]spreekt[ ]met|spreekt[ ]u[ ]met)[ ]{1,3})"
    rf"{_FULL}",
    re.IGNORECASE,
)
"""One capital after "ik ben" is a place or a people ("I am Dutch"); two are a name."""
_INITIALS = re.compile(
    r"(?P<before>)(?<![\w.])(?!(?:P\.S|N\.B|B\.V|N\.V|U\.S|U\.K|E\.U|V\.S)\.)"
    rf"(?P<name>(?:[A-Z]\.[ ]?){{2,5}}(?:{_BETWEEN}[ ]){{0,3}}[A-ZÀ-ÖØ-Þ][^\W\d_]{{2,30}})"
)
_NOBODY = frozenset(
    [
        "klant",
        "klanten",
        "relatie",
        "lezer",
        "lezers",
        "allemaal",
        "allen",
        "iedereen",
        "team",
        "collega",
        "collega's",
        "heer",
        "mevrouw",
        "meneer",
        "bewoner",
        "huurder",
        "verzekerde",
        "leden",
        "lid",
        "vriend",
        "vrienden",
        "ouders",
        "buren",
        "deelnemer",
        "reiziger",
        "abonnee",
        "gast",
        "gasten",
        "customer",
        "customers",
        "all",
        "everyone",
        "everybody",
        "sir",
        "madam",
        "there",
        "team",
        "reader",
        "member",
        "members",
        "friend",
        "friends",
        "colleague",
        "neighbour",
        "guest",
        "resident",
        "subscriber",
        "folks",
        "klantenservice",
        "klantenteam",
        "afdeling",
        "service",
        "support",
        "redactie",
        "namens",
        "directie",
        "customerservice",
        "the",
        "your",
        "ons",
        "our",
        "bestuur",
        "het",
        "de",
        "wij",
        "we",
        "u",
        "je",
        "jij",
        "i",
        "ik",
        "ons",
        "onze",
    ]
)
_NAME_BETWEEN = frozenset(
    ["van", "von", "de", "der", "den", "het", "ten", "ter", "te", "el", "al", "bin", "la", "le", "du"]
)
_TOKEN = re.compile(r"(?<![\w\[])[^\W\d_](?:[^\W\d_]|['’-](?=[^\W\d_]))*+")


_MARK = "\ue000"
_GIVEN = re.compile(rf"{_MARK}(?:[ ](?:{_BETWEEN}[ ]){{0,3}}{_MARK})*+")


def _named(found: re.Match[str], put: Callable[[str], str]) -> str:
    name = found["name"]
    words = name.lower().rstrip(".").split()
    if any(word in _NOBODY for word in words if word not in _NAME_BETWEEN):
        return found[0]
    end = "." if name.endswith(".") and len(words[-1]) > 1 else ""
    return found["before"] + put("name") + end


def _name_parts(names: Iterable[str]) -> frozenset[str]:
    parts = {part for name in names for part in _TOKEN.findall(name)}
    parts = {part for part in parts if len(part) >= 3 and part.lower() not in _NAME_BETWEEN}
    return frozenset(parts | {part.upper() for part in parts} | {part.capitalize() for part in parts})


def _given(text: str, known: frozenset[str], put: Callable[[str], str]) -> str:
    """Names that the caller gave, masked; parts of one name become one mask."""
    return _GIVEN.sub(lambda found: put("name"), _TOKEN.sub(lambda found: _marked(found[0], known), text))


def _marked(word: str, known: frozenset[str]) -> str:
    base = re.sub(r"['’]s$", "", word)
    return f"{_MARK}{word[len(base) :]}" if base in known else word
