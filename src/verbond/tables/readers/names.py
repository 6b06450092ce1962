"""Which canonical table and column a user's name means.

Names are compared without case, accents, blanks and punctuation. A few words that everybody uses (Dutch names
of our own tables and columns, headers of common survey tools) are known; anything else is the mapping's.
Nothing is matched because it looks alike: likeness only serves to suggest.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache

from verbond.tables.schema import TABLES

__all__ = ["closest", "column_of", "kind_of", "plain_name", "rank", "table_of"]

_TABLE_WORDS = {
    "customers": "klanten klant customer leden relaties deelnemers",
    "events": "gebeurtenissen gebeurtenis event aankopen transacties",
    "actions": "acties actie action campagnes",
    "exposures": "blootstellingen blootstelling exposure bereik",
    "assignments": "toewijzingen toewijzing assignment loting",
    "responses": "antwoorden antwoord response enquete survey respons",
    "messages": "berichten bericht message uitingen",
}
_PART = re.compile(r"(?:_?(?:part|deel|q|kw|kwartaal|week|jaar)?_?\d[\d_t]*)*")

_COMMON = {
    "customer_id": "klant_id klantid klantnummer klantnr klant_nr klant customerid customer customer_number"
    " customer_no client_id relatienummer lidnummer debiteurnummer",
    "channel": "kanaal",
    "action_id": "actie_id actie_nr actienummer actie actionid action",
    "message_id": "bericht_id berichtnummer messageid",
    "department": "afdeling",
}
_WHEN = "datum date tijdstip timestamp datetime moment tijd"
_WORDS: Mapping[str, Mapping[str, str]] = {
    "customers": {
        "since": "klant_sinds sinds customer_since lid_sinds inschrijfdatum created_at create_date",
        "consent": "toestemming akkoord opt_in optin",
    },
    "events": {
        "occurred_at": f"{_WHEN} event_date orderdatum order_date besteldatum created_at",
        "kind": "soort type event event_type event_kind gebeurtenis",
        "amount": "bedrag totaal total omzet",
        "order_id": "ordernummer bestelnummer order_nummer order_number bestelling orderid order",
        "quantity": "aantal hoeveelheid",
        "list_price": "lijstprijs catalogusprijs adviesprijs",
        "discount": "korting",
        "currency": "valuta munt",
        "product": "productcode productnummer artikel artikelnummer artikelcode stockcode sku product_id "
        "item_code",
        "category": "categorie productgroep",
        "margin": "marge",
        "related_customer_id": "aangebrachte_klant aangebracht_klant_id",
    },
    "actions": {
        "kind": "soort type",
        "starts_on": "begindatum startdatum begint_op begin start start_date",
        "ends_on": "einddatum eindigt_op einde eind end end_date",
        "label": "naam omschrijving name",
        "aim": "doel",
        "cost": "kosten costs",
        "rung": "trede",
        "randomised": "geloot gerandomiseerd randomized",
    },
    "exposures": {"occurred_at": _WHEN, "variant": "versie arm"},
    "assignments": {
        "occurred_at": f"{_WHEN} geloot_op assigned_at assigned_on",
        "variant": "versie arm",
        "cluster": "groep filiaal winkel",
    },
    "responses": {
        "respondent_id": "responseid response_id respondentid respondent respondentnummer respondent_nr",
        "customer_id": "externalreference external_data_reference",
        "group": "groep",
        "wave": "golf meting ronde meetmoment",
        "occurred_at": "recordeddate recorded_date submitdate date_submitted submit_date_utc completion_time"
        f" tijd_van_voltooien ingevuld_op tijdstempel {_WHEN} enddate end_date",
        "instrument": "vragenlijst",
        "item": "vraag question item_id",
        "value": "waarde antwoord answer score",
    },
    "messages": {
        "occurred_at": _WHEN,
        "speaker": "spreker afzender",
        "language": "taal",
        "text": "tekst bericht body",
        "image": "afbeelding beeld",
    },
}
_KINDS = {
    "purchase": "aankoop aankopen bestelling koop purchases order",
    "referral": "verwijzing aanbeveling doorverwijzing referrals",
    "contact": "contactmoment contacten",
    "complaint": "klacht klachten complaints",
    "contribution": "bijdrage bijdragen contributions",
    "visit": "bezoek bezoeken visits",
    "return": "retour retouren retourzending returns",
    "cancellation": "opzegging opgezegd annulering cancellations",
    "loyalty_points": "spaarpunten punten",
    "campaign": "campagne",
    "discount": "korting kortingsactie",
    "service_recovery": "serviceherstel herstel",
    "price_change": "prijswijziging prijsverhoging",
    "invitation": "uitnodiging",
    "personal_contact": "persoonlijk_contact",
    "customer": "klant klanten customers",
    "employee": "medewerker medewerkers employees",
    "company": "bedrijf organisatie",
    "win": "werven winnen",
    "keep": "behouden behoud",
}
_ID_ALONE = {
    "customers": "customer_id",
    "actions": "action_id",
    "messages": "message_id",
    "responses": "respondent_id",
}


def plain_name(name: str) -> str:
    """Return a name without case, accents, blanks and punctuation.

    Examples
    --------
    >>> plain_name(" Klant-Nummer "), plain_name("Gebeurtenissen (2024)"), plain_name("Submit Date (UTC)")
    ('klant_nummer', 'gebeurtenissen_2024', 'submit_date_utc')
    """
    flat = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().casefold()
    return re.sub(r"[^a-z0-9]+", "_", flat).strip("_")


def table_of(stem: str) -> str | None:
    """Return the canonical table that a file or sheet name means; parts and years may follow the name.

    Examples
    --------
    >>> table_of("Events_2024-Q1"), table_of("klanten"), table_of("events (1)"), table_of("orders")
    ('events', 'customers', None, None)
    """
    if re.search(r"\(\d+\)\s*$", stem):  # a browser's second download of the same file
        return None
    plain = plain_name(stem)
    for table in TABLES:
        for word in (table, *_TABLE_WORDS.get(table, "").split()):
            if plain.startswith(word) and _PART.fullmatch(plain[len(word) :]):
                return table
    return None


@cache
def _columns_of(table: str) -> Mapping[str, tuple[str, int]]:
    """Plain name: canonical column and rank (0 is the canonical name itself, then the order of the words)."""
    known: dict[str, tuple[str, int]] = {}
    for column in TABLES[table].columns:
        words = f"{_WORDS.get(table, {}).get(column, '')} {_COMMON.get(column, '')}".split()
        if _ID_ALONE.get(table) == column:
            words += ["id"]
        for number, word in enumerate([column, *words]):
            known.setdefault(word, (column, number))
    return known | {column: (column, 0) for column in TABLES[table].columns}


def column_of(table: str, name: str) -> str | None:
    """Return the canonical column that a header means, if it is a word that is known."""
    return _columns_of(table).get(plain_name(name), (None, 0))[0]


def rank(table: str, name: str) -> int:
    """How directly a header names its column: 0 is the canonical name; lower wins where two mean the same."""
    return _columns_of(table)[plain_name(name)][1]


@cache
def _kind_words() -> Mapping[str, str]:
    return {word: kind for kind, words in _KINDS.items() for word in words.split()}


def kind_of(value: str, choices: Iterable[str]) -> str | None:
    """Return the choice that a value means, if it is a word that is known.

    Examples
    --------
    >>> kind_of("Aankoop", ("purchase", "visit")), kind_of("gift", ("purchase", "visit"))
    ('purchase', None)
    """
    plain, known = plain_name(value), tuple(choices)
    meant = plain if plain in known else _kind_words().get(plain)
    return meant if meant in known else None


def closest(name: str, choices: Iterable[str]) -> str | None:
    """Return the choice that looks most like `name`, for a suggestion; None if none does."""
    known = {plain_name(choice): choice for choice in choices}
    found = difflib.get_close_matches(plain_name(name), known, n=1, cutoff=0.6)
    return known[found[0]] if found else None
