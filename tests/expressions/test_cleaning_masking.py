"""Personal data are masked, and what is none stays: numbers checked by python-stdnum and phonenumbers."""

from __future__ import annotations

import sys

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import iban, luhn
from stdnum.nl import bsn

from verbond.expressions.cleaning import mask

NAMES = {
    "Beste mevrouw Jansen,\nDank.": "Beste mevrouw [naam],\nDank.",
    "Beste Jan en Piet,\nHet is klaar.": "Beste [naam] en [naam],\nHet is klaar.",
    "Geachte heer Van den Berg,\nHet is klaar.": "Geachte heer [naam],\nHet is klaar.",
    "Hoi Fatima el Amrani, het is klaar.": "Hoi [naam], het is klaar.",
    "Het is klaar voor je.\nGroet, Fatima": "Het is klaar voor je.\nGroet, [naam]",
    "Klaar!\nMet vriendelijke groet,\n\nJan de Vries": "Klaar!\nMet vriendelijke groet,\n\n[naam]",
    "Mijn naam is Jan de Vries.": "Mijn naam is [naam].",
    "Hoi, ik ben Fatima el Idrissi en het klopt niet.": "Hoi, ik ben [naam] en het klopt niet.",
    "Dit is besproken met J.P. de Vries.": "Dit is besproken met [naam].",
    "Ik sprak mevrouw De Boer gisteren.": "Ik sprak mevrouw [naam] gisteren.",
    "Dear Mr Smith,\nIt is ready for you.": "Dear Mr [name],\nIt is ready for you.",
    "Hi Zoë,\nIt is here.\nKind regards,\nTom Baker": "Hi [name],\nIt is here.\nKind regards,\n[name]",
    "I spoke to Mrs O'Neill about the order.": "I spoke to Mrs [name] about the order.",
}
KEPT = [
    "", "Ja", "👍👍", "Beste klant,\nWij zijn er.", "Dear customer,\nWe are here.", "Hi there, it is ready.",
    "Wij zijn er.\nMet vriendelijke groet,\nTeam Zonnewende", "Groeten van de klantenservice",
    "Je bestelling 1234567890 kost € 1.234,56 en komt op 03-05-2026 om 10:00.",
    "Bestelnummer 0612345678, factuur 111222333, polisnummer 4111111111111111.",
    "In 2026 gaf 85% van 12.345.678 mensen 100.000 euro.", "Black Friday: 3 voor 10 euro",
    "EAN 871687940001234567, meterstand 012345", "Tussen 2020-2024 voor 0,15 per kWh", "2026-05-03 10:00:00",
    "SINDS 2026 IN NEDERLAND", "Order 020 624 1111 is on its way to you", "€ 111222333", "111222333 euro",
    "03-05-2026 10:00 en 06/12/2025 09:30", "Ik ben Nederlander en blij.", "I am Dutch and glad.",
    "Zonnewende B.V. Amsterdam", "We are here at 9 a.m. Monday.",
    "Wij helpen je graag verder.", "Dag allemaal, we beginnen.",
]  # fmt: skip


@pytest.mark.parametrize("text", NAMES)
def test_names_are_masked_where_the_message_says_they_are_names(text: str) -> None:
    assert mask(text).text == NAMES[text]


@pytest.mark.parametrize("text", KEPT)
def test_what_is_no_personal_data_stays(text: str) -> None:
    found = mask(text)
    assert (found.text, found.n) == (text, {})


def test_names_that_the_caller_knows_are_masked_everywhere() -> None:
    text = "Toen Fatima el Amrani belde, nam FATIMA of Roos's zus op. Rozen voor Amranistraat."
    found = mask(text, names=["Fatima el Amrani", "Roos"], language="nl")
    assert found.text == "Toen [naam] belde, nam [naam] of [naam]'s zus op. Rozen voor Amranistraat."
    assert found.n == {"name": 3}


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Ik woon op Dorpsstraat 12, 1234 AB Utrecht.", "Ik woon op [adres], [postcode] Utrecht."),
        ("Bel 06-12345678 of 020 624 1111.", "Bel [telefoon] of [telefoon]."),
        ("Kaart 4111 1111 1111 1111 is weg.", "Kaart [kaartnummer] is weg."),
        ("Mijn BSN is 111222333.", "Mijn BSN is [BSN]."),
        ("Stort op NL91 ABNA 0417 1643 00 of nl91abna0417164300 graag.", "Stort op [IBAN] of [IBAN] graag."),
        ("Mail jan.de.vries+x@example.co.uk!", "Mail [e-mail]!"),
    ],
)
def test_what_has_a_shape_is_masked_and_the_sentence_stays_readable(text: str, masked: str) -> None:
    assert mask(text, language="nl").text == masked


COUNTRIES = {
    "NL": "ABNA0417164300",
    "DE": "370400440532013000",
    "GB": "NWBK60161331926819",
    "BE": "539007547034",
}


@st.composite
def ibans(draw: st.DrawFn) -> str:
    """Account numbers whose digits are drawn and whose check digits python-stdnum gives."""
    country = draw(st.sampled_from(sorted(COUNTRIES)))
    basic = COUNTRIES[country]
    if country in ("NL", "DE"):
        digits = draw(st.integers(0, 10**10 - 1))
        basic = basic[:-10] + f"{digits:010d}"
    number = country + iban.calc_check_digits(f"{country}00{basic}") + basic
    return draw(st.sampled_from([number, iban.format(number), number.lower()]))


@given(ibans(), st.sampled_from(["Stort op {} graag", "Rekening: {}.", "{}", "({})\nDank"]))
def test_no_valid_account_number_is_left(number: str, around: str) -> None:
    assert iban.is_valid(number, check_country=False)
    found = mask(around.format(number), language="nl")
    assert found.text == around.format("[IBAN]")


@given(
    st.integers(10_000_000, 99_999_999), st.sampled_from(["Mijn BSN: {}", "bsn {} klopt", "Het is {} dus"])
)
def test_no_valid_citizen_service_number_is_left(start: int, around: str) -> None:
    valid = [number for digit in range(10) if _eleven(number := f"{start}{digit}")]
    for number in valid:
        assert mask(around.format(number), language="nl").n == {"bsn": 1}


def _eleven(number: str) -> bool:
    """The eleven-test, written out: 9a+8b+...+2h-i divisible by eleven; python-stdnum must agree."""
    weights = (9, 8, 7, 6, 5, 4, 3, 2, -1)
    fits = sum(w * int(d) for w, d in zip(weights, number, strict=True)) % 11 == 0 and int(number) > 0
    assert fits == bsn.is_valid(number)
    return fits


@given(st.integers(0, 10**14 - 1))
def test_no_valid_card_is_left_and_an_invalid_one_stays(middle: int) -> None:
    body = f"4{middle:014d}"
    check = int(luhn.calc_check_digit(body))
    valid, wrong = f"{body}{check}", f"{body}{(check + 1) % 10}"
    assert valid not in mask(f"Kaart {valid} graag", language="nl").text
    assert mask(f"Kaart {wrong} graag", language="nl").n.get("card", 0) == 0


@pytest.mark.parametrize("region", ["NL", "BE", "GB", "DE", "FR", "US", "MA", "TR"])
@pytest.mark.parametrize(
    "kind", [phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE]
)
def test_no_phone_number_of_any_country_is_left(region: str, kind: int) -> None:
    number = phonenumbers.example_number_for_type(region, kind)
    forms = ["INTERNATIONAL", "E164"] + (["NATIONAL"] if region in ("NL", "BE", "GB") else [])
    for form in forms:
        said = phonenumbers.format_number(number, getattr(phonenumbers.PhoneNumberFormat, form))
        assert mask(f"Bel {said} graag", language="nl").text == "Bel [telefoon] graag", said


@given(st.emails(), st.sampled_from(["Mail {} graag", "<{}>", "mailto:{}, dank"]))
def test_no_address_of_mail_is_left(address: str, around: str) -> None:
    masked = mask(around.format(address), language="nl").text
    assert masked == around.format("[e-mail]")


PIECES = st.sampled_from(
    [
        "Beste", "Jan", "de", "Vries", "mevrouw", "Groet,", "\n", " ", ",", "NL91 ABNA 0417 1643 00",
        "06-12345678", "111222333",
        "a@b.nl", "1234 AB", "[naam]", "en", "12", "€", "Dorpsstraat 12", "4111111111111111",
        "'s", "-",
    ]
)  # fmt: skip


@given(st.lists(PIECES, max_size=14).map(" ".join) | st.lists(PIECES, max_size=14).map("".join) | st.text())
def test_masking_twice_is_masking_once(text: str) -> None:
    once = mask(text, names=["Vries"], language="nl")
    assert mask(once.text, names=["Vries"], language="nl") == type(once)(once.text, {})


def test_without_the_packages_more_is_masked_never_less(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("stdnum", "stdnum.nl", "phonenumbers"):
        monkeypatch.setitem(sys.modules, name, None)
    text = "Stort op DE89 3704 0044 0532 0130 00, bel 06-12345678, bsn 111222334."
    assert mask(text, language="nl").text == "Stort op [IBAN], bel [telefoon], bsn [BSN]."


BOMBS = ["Wij helpen ", "1 ", "0 ", "+1", "a@", "a@a.", "Beste A\n", "A ", "A de ", "A-", "A'", "groet\n",
         "mevrouw ", "NL91 ", "NL91", "(0", "1234 AB ", "mijn naam is ", "Aa", "👍"]  # fmt: skip


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_hundred_thousand_characters_of_anything_come_back(bomb: str) -> None:
    """Patterns that take the square of the length would need ten thousand times as long as for a thousand."""
    text = bomb * (100_000 // len(bomb))
    assert mask(text, language="nl").text
