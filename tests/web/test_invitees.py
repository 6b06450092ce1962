"""Whom a survey asks: lists, links, and who may not be asked."""

from __future__ import annotations

import hashlib
import time

import pytest
from django.conf import settings

from verbond.listen import own_questionnaire
from verbond.web.listening import reaching
from verbond.web.listening.invitees import PURPOSE, Candidate, add, checked, decline, find, token_of
from verbond.web.people import tokens
from verbond.web.store.models import Invitee, Letter, Organisation, Reached, Survey


def make_survey(organisation: Organisation, **fields: object) -> Survey:
    given = {
        "name": "Autumn",
        "company": "Acme",
        "questionnaire": own_questionnaire("short", "customer").to_json(),
        "wave": "w1",
        "state": "open",
        **fields,
    }
    return Survey.objects.create(organisation=organisation, **given)


# links


def test_a_token_is_what_its_formula_says(cast) -> None:
    import base64
    import hmac

    survey = make_survey(cast.acme)
    add(survey, [Candidate("bo@example.org")])
    one = survey.invitees.get()
    text = f"verbond.invitee|{survey.pk}|{one.number}".encode()
    made = hmac.digest(settings.INSTALLATION.secret_key.encode(), text, "sha256")
    assert token_of(one) == base64.urlsafe_b64encode(made).decode().rstrip("=")
    assert one.token_hash == hashlib.sha256(b"invitee\0" + token_of(one).encode()).hexdigest()
    assert find(token_of(one)) == one


def test_nobodys_tokens_open_nothing(cast) -> None:
    """Tampered, cut, of another survey, of another purpose, of another installation, of a row that went."""
    survey, other = make_survey(cast.acme), make_survey(cast.globex)
    for one in (survey, other):
        add(one, [Candidate("bo@example.org")])
    mine, theirs = survey.invitees.get(), other.invitees.get()
    token = token_of(mine)
    swapped = token[:-2] + ("A" if token[-2] != "A" else "B") + token[-1]
    for wrong in (
        "",
        token[:-1],
        token + "A",
        token + "=",
        swapped,
        token.lower(),
        token_of(theirs),
        "x" * 5000,
    ):
        assert find(wrong, survey) is None, wrong
    assert find(token_of(theirs), other) == theirs
    for purpose in ("sheet", "guests", "invitation", "share", "kiosk"):
        other_kind, digest = tokens.made(purpose)
        Invitee.objects.filter(pk=mine.pk).update(token_hash=digest)
        assert find(other_kind) is None, purpose
    forged = tokens.made(PURPOSE)  # its hash is there, and it is not the one that was signed
    Invitee.objects.filter(pk=mine.pk).update(token_hash=forged[1])
    assert find(forged[0]) is None
    theirs.delete()
    assert find(token_of(theirs)) is None


# lists


def test_every_line_is_taken_folded_or_refused(cast) -> None:
    survey = make_survey(cast.acme)
    add(survey, [Candidate("known@example.org")])
    reaching.decline(cast.acme.pk, "Never@example.org")
    reaching.decline(cast.globex.pk, "bo@example.org")  # what Globex was told is nothing to Acme
    rows = [
        Candidate(" Bo@Example.org ", "Bo", "Sales", "Nederlands", line=1),
        Candidate("bo@example.ORG", line=2),
        Candidate("known@example.org", line=3),
        Candidate("never@example.org", line=4),
        Candidate("", line=5),
        Candidate("no address", line=6),
        Candidate("x@example.org\r\nBcc: y@example.org", line=7),
        Candidate("a@example.org", "n" * 121, line=8),
        Candidate("mia@bücher.example", language="de", line=9),
    ]
    done = add(survey, rows)
    assert (done.n, done.n_double, done.n_known, done.n_declined) == (2, 1, 1, 1)
    assert {one.line: one.reason.code.split("_")[-1] for one in done.refused} == {
        5: "empty",
        6: "address",
        7: "address",
        8: "long",
    }
    assert done.n_lines == len(rows)
    kept = {one.email: one for one in survey.invitees.all()}
    assert set(kept) == {"known@example.org", "bo@example.org", "mia@xn--bcher-kva.example"}
    assert (kept["bo@example.org"].department, kept["bo@example.org"].language) == ("Sales", "nl")
    assert kept["mia@xn--bcher-kva.example"].language == ""


@pytest.mark.parametrize(
    "name", ["Bo\r\nBcc: eve@example.org", "Bo\x00\x1b[2J", "Bo\u2028\u202eeve", "Bo\x85x"]
)
def test_a_name_is_one_line(name: str) -> None:
    kept = checked(Candidate("bo@example.org", name)).name
    assert kept.isprintable()
    assert len(kept.splitlines()) == 1


def test_ten_thousand_are_added_in_seconds(cast) -> None:
    survey = make_survey(cast.acme)
    rows = [Candidate(f"person{n}@example.org", f"Person {n}", "Sales", line=n) for n in range(10_000)]
    start = time.perf_counter()
    assert add(survey, rows).n == 10_000
    assert time.perf_counter() - start < 5
    assert add(survey, rows).n_known == 10_000


# who may not be asked


def test_who_declined_is_never_asked_again(cast) -> None:
    survey = make_survey(cast.acme)
    add(survey, [Candidate("bo@example.org")])
    one = survey.invitees.get()
    Letter.objects.create(invitee=one, kind="reminder")
    decline(one)
    one.refresh_from_db()
    assert one.state == Invitee.State.DECLINED
    assert not Letter.objects.exists()
    assert add(make_survey(cast.acme), [Candidate("BO@example.org")]).n_declined == 1
    assert add(make_survey(cast.globex), [Candidate("bo@example.org")]).n == 1
    assert "bo@" not in str(list(Reached.objects.values()))
