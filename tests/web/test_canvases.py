"""Canvases: made, set up, closed, opened again, thrown away; what came out of them is kept and read."""

from __future__ import annotations

import pytest

from verbond.web.store.models import Canvas, Edition, Participant
from verbond.web.workshop.making import make_canvas
from verbond.web.workshop.rooms import room_of

HOSTILE = "<img src=x onerror=alert(1)>\"'</title><script>alert(2)</script>"


@pytest.fixture
def canvas(cast) -> Canvas:
    """Acme's canvas, that Fay made."""
    return make_canvas(
        cast.acme, cast.people["fay"], name="Spring", company="Acme", departments=["Shop", "Care"]
    )


def test_a_canvas_is_made_by_the_form(cast) -> None:
    fay = cast.client("fay")
    page = fay.get("/o/acme/canvases/making/").content.decode()
    assert 'name="agenda"' in page
    answer = fay.post(
        "/o/acme/canvases/making/",
        {
            "name": "Spring",
            "company": "Acme",
            "agenda": "week",
            "departments": "Shop\nCare",
            "last_day": "2030-01-31",
        },
    )
    assert answer.status_code == 302, answer.content.decode()
    made = Canvas.objects.get()
    assert made.settings["departments"] == ["Shop", "Care"]
    assert made.settings["last_day"] == "2030-01-31"
    board = room_of(made).board
    assert board.private == {"identity", "image"}
    assert [phase for phase, _ in board.agenda][0] == "identity"
    for path in ("", "settings/", "closure/", "editions/", "door/"):
        shown = fay.get(f"/o/acme/canvases/{made.pk}/{path}")
        assert shown.status_code == 200, path
    assert fay.get("/o/acme/canvases/").status_code == 200
    assert fay.get(f"/c/{made.address}/").status_code == 200
    assert fay.get(f"/c/{made.address}/beforehand/").status_code == 200
