"""Quoted replies, signatures, disclaimers and markup come off; what was written stays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verbond.expressions.cleaning import clean, sentences
from verbond.expressions.cleaning.cleaned import LONGEST_CLEANED

SAID = "We hebben je bestelling vandaag verstuurd."
QUOTED = "Waar blijft mijn pakket toch?"
HEADERS = {
    "gmail_nl": f"Op zo 3 mei 2026 om 10:00 schreef Jan de Vries <jan@example.org>:\n\n> {QUOTED}",
    "bare_nl": f"Op 3 mei schreef Jan:\n> {QUOTED}",
    "gmail_en": f"On Sun, 3 May 2026 at 10:00, Jan <jan@example.org> wrote:\n> {QUOTED}",
    "folded": f"On Sun, 3 May 2026 at 10:00, Jan de Vries\n<jan@example.org> wrote:\n> {QUOTED}",
    "outlook_nl": f"Van: Jan\nVerzonden: zondag 3 mei\nAan: Klantenservice\nOnderwerp: Pakket\n\n{QUOTED}",
    "outlook_en": f"From: Jan\nSent: Sunday\nTo: Service\nSubject: Parcel\n\n{QUOTED}",
    "original_nl": f"-----Oorspronkelijk bericht-----\n{QUOTED}",
    "original_en": f"-----Original Message-----\n{QUOTED}",
    "no_marks": f"Op 3 mei 2026 om 10:00 schreef Jan <jan@example.org>:\n{QUOTED}",
}
SIGNATURES = {
    "dashes": "-- \nJan de Vries\nTel. 020 624 1111",
    "dashes_bare": "--\nJan de Vries",
    "greeting_nl": "Met vriendelijke groet,\n\nJan de Vries\nKlantenservice",
    "greeting_en": "Kind regards,\nJan",
    "one_line": "Groetjes, Fatima",
    "phone_nl": "Verstuurd vanaf mijn iPhone",
    "phone_en": "Sent from my iPhone",
    "outlook": "Outlook voor iOS downloaden",
}
DISCLAIMERS = {
    "nl": "Dit e-mailbericht is uitsluitend bestemd voor de geadresseerde. De inhoud is vertrouwelijk."
    " Hebt u het ten onrechte ontvangen, verwijder het dan.",
    "nl_rights": "Aan dit bericht kunnen geen rechten worden ontleend. Wij zijn niet aansprakelijk.",
    "en": "This e-mail is confidential and intended only for the addressee. If sent in error, delete it.",
    "print": "Please consider the environment before printing this e-mail.",
}
KEPT = {
    "one_word": "Ja",
    "emoji": "👍👍",
    "family": "👨‍👩‍👧",
    "list": "Dit regelen wij:\n- een nieuwe kaart\n- je geld terug\n\nTot snel.",
    "thanks": "Hoi,\n\nThanks, your order is on its way.\nWe keep you posted.",
    "wrote": "Wij schreven je op 3 mei: alles is in orde.\nMeer volgt.",
    "wrote_self": "Op 3 mei schreef ik jullie:\nwaar blijft mijn pakket?",
    "less_than": "Van < 5 naar > 3 procent.\n> 5 jaar garantie",
    "delete": "Heb je dit niet aangevraagd?\n\nVerwijder deze e-mail dan.",
    "secret": "Even bellen?\n\nDeze mail is vertrouwelijk, zoals altijd.",
    "only_greeting": "Groetjes!",
    "from_alone": "Let op.\nVan: dinsdag\ntot: donderdag zijn wij dicht.",
    "rule": "Deel een.\n---\nDeel twee gaat verder.",
    "address": "Schrijf naar Jan <jan@example.org> of <info@example.org>.",
}


@pytest.mark.parametrize("kind", HEADERS)
def test_what_is_quoted_comes_off(kind: str) -> None:
    found = clean(f"{SAID}\n\n{HEADERS[kind]}")
    assert found.text == SAID
    assert [one.kind for one in found.removed] == ["quoted"]


@pytest.mark.parametrize("kind", SIGNATURES)
@pytest.mark.parametrize("ends", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_signatures_come_off(kind: str, ends: str) -> None:
    found = clean(f"{SAID}\n\n{SIGNATURES[kind]}\n".replace("\n", ends))
    assert (found.text, [one.kind for one in found.removed]) == (SAID, ["signature"])


@pytest.mark.parametrize("kind", DISCLAIMERS)
def test_disclaimers_come_off(kind: str) -> None:
    found = clean(f"{SAID}\n\n{DISCLAIMERS[kind]}")
    assert (found.text, [one.kind for one in found.removed]) == (SAID, ["disclaimer"])


@pytest.mark.parametrize("signature", SIGNATURES)
@pytest.mark.parametrize("header", HEADERS)
def test_they_come_off_together(header: str, signature: str) -> None:
    parts = (SAID, SIGNATURES[signature], DISCLAIMERS["nl"], HEADERS[header], DISCLAIMERS["en"])
    assert clean("\n\n".join(parts)).text == SAID


@pytest.mark.parametrize("kind", KEPT)
def test_what_only_looks_like_them_stays(kind: str) -> None:
    found = clean(KEPT[kind])
    assert (found.text, found.removed) == (KEPT[kind], ())


def test_a_chain_of_fifty_replies() -> None:
    chain = "\n".join(
        f"{'> ' * deep}Op {deep} mei schreef Jan:\n{'> ' * (deep + 1)}{QUOTED}" for deep in range(50)
    )
    assert clean(f"{SAID}\n\n{chain}").text == SAID


def test_answers_between_quoted_lines_stay() -> None:
    whole = f"Op 3 mei schreef Jan:\n> {QUOTED}\n> En wanneer?\nMorgen.\n> Hoe laat?\n> Echt?\nOm tien uur."
    assert clean(whole).text.split("\n") == ["Morgen.", "Om tien uur."]


def test_a_message_that_is_only_a_quote_leaves_nothing() -> None:
    found = clean(f"> {QUOTED}\n> {SAID}")
    assert (found.text, [one.kind for one in found.removed]) == ("", ["quoted"])


def test_a_postscript_stays() -> None:
    found = clean(f"{SAID}\n\nGroet,\nJan\n\nPS Morgen zijn we dicht.")
    assert "Morgen zijn we dicht" in found.text
    assert "Groet" not in found.text


def test_a_pasted_mail_keeps_its_body() -> None:
    assert clean(f"Van: Jan\nDatum: 3 mei\nOnderwerp: Pakket\n\n{QUOTED}").text == QUOTED


PLAIN = st.lists(
    st.sampled_from(
        ["wij", "jij", "helpt", "mee", "25", "euro", "morgen", "vroeg", "€", "3,50", "graag", "👍"]
    ),
    min_size=1,
)


@given(st.lists(PLAIN.map(" ".join), min_size=1, max_size=8).map("\n".join))
def test_nothing_comes_off_where_there_is_nothing(text: str) -> None:
    found = clean(text)
    assert (found.text, found.removed) == (text.strip(), ())


@given(st.text())
def test_any_text_is_cleaned_and_only_gets_shorter(text: str) -> None:
    found = clean(text)
    assert len(found.text) <= len(text)
    assert clean(found.text).text == clean(clean(found.text).text).text


# markup


def test_html_reads_as_a_reader_sees_it() -> None:
    told = clean(
        "<!doctype html><html><head><title>T</title><style>p{color:red}</style></head><body>"
        "<div style='display: none'>voorproef</div><script>alert('x')</script><!-- weg -->"
        "<p>Caf&eacute; &amp; thee &lt;3 kost&nbsp;&euro;&nbsp;5</p><ul><li>een<li>twee</ul>"
        "<img src=x alt='Een kop thee'><br>Tot&shy;ziens</body></html>"
    ).text
    assert [line for line in told.split("\n") if line] == [
        "Café & thee <3 kost € 5", "een", "twee", "Een kop thee", "Totziens",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "quoted",
    [
        "<div class='gmail_quote'>oud <div>ouder</div> oudst</div>",
        "<blockquote type=cite>oud<br>ouder</blockquote>",
        "<div id='appendonsend'></div><hr><p>oud</p>",
        "<div id=divRplyFwdMsg>Van</div><div>oud</div>",
        "<div class=gmail_signature>oud</div>",
    ],
)
def test_what_mail_programs_mark_as_quoted_is_not_read(quoted: str) -> None:
    assert clean(f"<p>{SAID}</p>{quoted}").text == SAID


def test_a_quote_in_a_page_is_read() -> None:
    assert "Fijn geholpen" in clean("<p>Een klant zegt:</p><blockquote>Fijn geholpen</blockquote>").text


FIVE_MB = 5_000_000
BOMBS = {
    "words": "Wij helpen je. ", "letter": "a", "space": " ", "line": "\n", "digit": "1 ", "quote": "> ",
    "quotes": "> a\n", "from": "Van: a\n", "wrote": "Op 3 ", "wrote_lines": "Op 3\n", "on": "On a ",
    "dash": "--\n", "greeting": "groet\n", "sent": "sent from ", "rule": "__",
    "nested": "<div>", "bold": "<b>",
    "open": "<p><!--", "entity": "<p>&lt;",
    "script": "<script>", "attribute": "<p x='a", "style": "<p style='display ",
    "less": "<p><", "table": "<table><tr><td>", "emoji": "👍", "tags": "<p>a</p>", "nul": "a\x00",
    "disclaimer": "dit bericht vertrouwelijk ",
}  # fmt: skip


@pytest.mark.parametrize("kind", BOMBS)
def test_bombs_are_bounded(kind: str) -> None:
    """A pattern that takes the square of the length would need hours for these."""
    found = clean(BOMBS[kind] * (FIVE_MB // len(BOMBS[kind])))
    assert len(found.text) <= LONGEST_CLEANED


def test_what_stands_before_a_bomb_is_read() -> None:
    assert clean(f"<p>{SAID}</p>" + "<div>" * 100_000).text == SAID
    assert clean(f"<p>{SAID}</p><!--" + "x" * 100_000).text == SAID


def test_without_the_package_the_tags_stay_and_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "lxml", None)
    found = clean("<p>Dag</p>")
    assert found.text == "<p>Dag</p>"
    assert found.reason is not None
    assert found.reason.code == "expressions_cleaning.no_markup_reader"


def test_sentences_have_their_own_language() -> None:
    text = "Wij helpen je graag verder, dhr. Jansen. We are always here to help you!\nOk"
    found = sentences(text)
    assert [one.language for one in found][:2] == ["nl", "en"]
    assert len(found) == 3
    assert all(text[one.start : one.end] == one.text for one in found)


@given(st.text())
def test_sentences_hold_all_that_is_said(text: str) -> None:
    kept = "".join(one.text for one in sentences(text, "nl"))
    assert "".join(kept.split()) == "".join(text.split())
