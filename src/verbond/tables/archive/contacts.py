"""Which further columns of `customers` say how to reach somebody, so that they are kept apart."""

from __future__ import annotations

import re
from collections.abc import Iterable

from verbond.tables.readers.names import plain_name

__all__ = ["CONTACT_KINDS", "ID", "contact_kind"]

ID = "customer_id"
"""The kind of identity that a customer's id as given has."""

_WORDS = {
    "email": "email e_mail mail emailadres e_mailadres e_mail_adres email_address e_mail_address mailadres",
    "name": "name naam full_name fullname volledige_naam klantnaam customer_name display_name"
    " contactpersoon contact_name",
    "first_name": "first_name firstname voornaam given_name roepnaam voorletters initials",
    "last_name": "last_name lastname achternaam surname family_name familienaam",
    "phone": "phone phone_number telefoon telefoonnummer tel mobile mobile_phone mobile_number mobiel gsm"
    " mobiele_telefoon mobiel_nummer cell_phone",
    "address": "address adres street straat street_address straatnaam address1 address2 address_1 address_2"
    " huisnummer house_number postcode zip zip_code postal_code zipcode",
    "birthday": "birthday birth_date birthdate date_of_birth geboortedatum verjaardag",
    "account": "iban rekeningnummer bank_account bankrekening bsn",
}
CONTACT_KINDS = tuple(_WORDS)
_KIND_OF = {word: kind for kind, words in _WORDS.items() for word in words.split()}
_BEFORE = re.compile(r"^(?:billing|shipping|default_address|default|customer|klant|contact|primary)_")
_ADDRESS = re.compile(r"\s*[^\s@]+@[^\s@]+\.[^\s@]+\s*")
_SHARE = 0.5
"""So many of a column's values must be e-mail addresses before it is a column of them."""


def contact_kind(column: str, sample: Iterable[str] = ()) -> str | None:
    """Say what sort of contact data a column holds, if any.

    Parameters
    ----------
    column : str
        As the file calls it.
    sample : iterable of str
        Some of its values: a column of e-mail addresses is known by these, whatever its name.

    Examples
    --------
    >>> contact_kind("E-mail"), contact_kind("Billing Phone"), contact_kind("region")
    ('email', 'phone', None)
    >>> contact_kind("login", ["a@example.org", "b@example.org"]), contact_kind("mail", ["yes", "no"])
    ('email', None)
    """
    plain, values = plain_name(column), [v for v in sample if v]
    kind = _KIND_OF.get(plain) or _KIND_OF.get(_BEFORE.sub("", plain))
    n_addresses = sum(_ADDRESS.fullmatch(v) is not None for v in values)
    if kind is None and n_addresses > _SHARE * len(values):
        return "email"
    return None if kind == "email" and values and not n_addresses else kind
