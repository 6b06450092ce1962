"""Answering, from the link to the thanks: every kind of question, branches, languages, resuming."""

from __future__ import annotations

import pytest
from django.test import Client
from tests.web.answering_world import begun, filled, made_survey, sheet_of

pytestmark = pytest.mark.django_db


def test_from_the_link_to_the_thanks(cast) -> None:
    survey = made_survey(cast.acme)
    client = Client(headers={"accept-language": "nl"})
    sheet = begun(client, f"/q/{survey.address}/")
    filled(client, sheet)
    seen = client.get(f"{sheet}handing-in/").content.decode()
    assert "9 van de 9" in seen
    assert "Meer &lt;b&gt;brood&lt;/b&gt;" in seen
    thanks = client.post(f"{sheet}handing-in/", follow=True)
    assert "Fijn dat je meedeed." in thanks.content.decode()
    row = sheet_of(sheet)
    assert row.state == "handed_in"
    assert row.answers == {
        "visit": "yes", "trust": 6, "recommend": 0, "liked": ["staff", "shop"],
        "order": ["speed", "care", "cost"], "appeal": 4, "tip": "Meer <b>brood</b>", "age": 44,
        "values": {side: dict.fromkeys(row.answers["values"][side], 5) for side in ("own", "seen")},
    }  # fmt: skip
    assert row.variants["leaflet"] in ("price", "care")
    assert row.flags == ["fast", "straight"]
