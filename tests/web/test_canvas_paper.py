"""What lay on a table is typed over without script: looked at, laid down, kept with its dots."""

from __future__ import annotations

from html import unescape
from typing import Any

import pytest

from verbond.canvas import Operation, Outcome
from verbond.canvas.examples import EXAMPLES, example
from verbond.web.store.models import AuditEntry, Canvas, Edition, Participant
from verbond.web.workshop.closing import close_canvas, keep_edition
from verbond.web.workshop.joining import join
from verbond.web.workshop.making import make_canvas
from verbond.web.workshop.rooms import room_of


@pytest.fixture
def canvas(cast) -> Canvas:
    """Acme's canvas, that Fay made."""
    return make_canvas(cast.acme, cast.people["fay"], name="On paper", company="Acme")


def typed(made: Outcome) -> dict[str, Any]:
    """An outcome as somebody types it over."""
    number = {one.id: n for n, one in enumerate(made.values, 1)}

    def lines(field: str) -> str:
        notes = made.in_field(field)
        return "\r\n".join(
            f"{one.text} | {one.department or one.source} | {number.get(one.value, '')}".rstrip(" |")
            for one in notes
        )

    sheet: dict[str, Any] = {"identity": lines("identity"), "image": lines("image")}
    for n, one in enumerate(made.values, 1):
        sheet |= {f"value_{n}_name": one.name, f"value_{n}_points": str(one.points)}
        sheet |= {f"value_{n}_place": one.place, f"value_{n}_meaning": one.meaning}
        sheet |= {f"value_{n}_chosen": "on"} if one.chosen else {}
    for n, one in enumerate(made.resolutions, 1):
        sheet |= {f"bite_{n}_one": str(number[one.one]), f"bite_{n}_other": str(number[one.other])}
        sheet[f"bite_{n}_kept"] = {one.one: "one", one.other: "other"}.get(one.kept, "")
        sheet |= {f"bite_{n}_concession": one.concession, f"bite_{n}_reason": one.reason}
    sheet["mission"] = made.mission.text if made.mission else ""
    sheet["missions"] = "\n".join(one.text for one in made.missions if not one.chosen)
    if (promise := made.promise) is not None:
        sheet |= {"promise_text": promise.text, "promise_measure": promise.measure}
        sheet |= {"promise_size": promise.size, "promise_progression": promise.progression}
        sheet |= {"promise_keeps": "\n".join(promise.keeps), "promise_breaks": "\n".join(promise.breaks)}
    sheet["promises"] = "\n".join(one.text for one in made.promises if not one.chosen)
    for n, one in enumerate(made.steps, 1):
        sheet |= {f"step_{n}_text": one.text, f"step_{n}_who": one.who}
        sheet |= {f"step_{n}_when": one.when, f"step_{n}_rung": one.rung}
    return sheet


def gist(made: Outcome) -> dict[str, Any]:
    """What must survive typing over: everything but ids, and dots and details of proposals that fell."""
    names = {one.id: one.name for one in made.values}
    promise = made.promise
    return {
        "notes": [(n.field, n.text, n.department, n.source, names.get(n.value)) for n in made.notes],
        "values": [(v.name, v.place, v.meaning, v.chosen, v.points) for v in made.values],
        "resolutions": [
            (names[r.one], names[r.other], names.get(r.kept), r.concession, r.reason)
            for r in made.resolutions
        ],
        "missions": [(m.text, m.chosen) for m in made.missions],
        "promises": [(p.text, p.chosen) for p in made.promises],
        "promise": (promise.measure, promise.size, promise.progression, promise.keeps, promise.breaks),
        "steps": [(s.text, s.who, s.when, s.rung) for s in made.steps],
    }


def address(canvas: Canvas) -> str:
    return f"/o/acme/canvases/{canvas.pk}/paper/"


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_whole_canvas_is_typed_over(cast, canvas: Canvas, name: str) -> None:
    made, fay = example(name, "nl"), cast.client("fay")
    answer = fay.post(address(canvas), typed(made) | {"go": "lay"})
    assert answer.status_code == 302, answer.content.decode()
    edition = Edition.objects.get()
    assert answer["Location"] == f"/o/acme/canvases/{canvas.pk}/editions/{edition.number}/"
    kept = Outcome.from_json(edition.outcome)
    assert gist(kept) == gist(made)
    assert kept.voted
    assert kept.company == "Acme"
    assert fay.get(answer["Location"]).status_code == 200
    assert AuditEntry.objects.filter(verb="canvas_paper").count() == 1


def test_looking_lays_nothing_down(cast, canvas: Canvas) -> None:
    fay, before = cast.client("fay"), len(room_of(canvas).board.events)
    page = fay.post(address(canvas), typed(example("bank", "en")) | {"go": "preview"})
    assert page.status_code == 200
    said = page.content.decode()
    assert "Standing beside you" in said
    assert 'value="lay"' in said
    assert len(room_of(canvas).board.events) == before
    assert not Edition.objects.exists()
    assert fay.get(address(canvas)).status_code == 200
    assert len(room_of(canvas).board.events) == before


def test_looking_says_what_bites_and_is_not_decided(cast, canvas: Canvas) -> None:
    made = example("energy", "en")
    sheet = typed(made) | {"value_3_chosen": "on"}
    said = unescape(cast.client("fay").post(address(canvas), sheet).content.decode())
    assert "'Care for each other' and 'Lowest price' contradict each other" in said
    assert "'Care for what comes after us' and 'Lowest price'" not in said  # that was decided
    calm = unescape(cast.client("fay").post(address(canvas), typed(made)).content.decode())
    assert "Nothing has been decided" in said
    assert "Nothing has been decided" not in calm


def test_pressing_twice_lays_it_down_once(cast, canvas: Canvas) -> None:
    fay, sheet = cast.client("fay"), typed(example("shop", "en")) | {"go": "lay"}
    first, again = fay.post(address(canvas), sheet), fay.post(address(canvas), sheet)
    assert first["Location"] == again["Location"]
    assert Edition.objects.count() == 1
    lying = [one for one in room_of(canvas).board.lying() if one.kind == "step"]
    assert len(lying) == len(example("shop", "en").steps)


def test_dots_stay_when_the_canvas_closes(cast, canvas: Canvas) -> None:
    made = example("bank", "en")
    cast.client("fay").post(address(canvas), typed(made) | {"go": "lay"})
    canvas.refresh_from_db()
    keep_edition(canvas, None)
    last = Outcome.from_json(close_canvas(canvas, None).outcome)
    assert [one.points for one in last.values] == [one.points for one in made.values]


def test_what_others_wrote_in_private_stays_private(cast, canvas: Canvas) -> None:
    gina, _ = join(canvas, "Gina", "Shop", None)
    secret = Operation("k", gina.code, "add", "g1", "note", {"field": "identity", "text": "for me alone"})
    room_of(canvas).take(gina, [secret])
    cast.client("fay").post(
        address(canvas), {"identity": "We call back", "image": "They listen", "go": "lay"}
    )
    board = room_of(canvas).board
    assert "identity" in board.private
    assert "image" not in board.private
    assert "for me alone" not in str(Edition.objects.get().outcome)


@pytest.mark.parametrize(
    ("sheet", "field"),
    [
        ({}, "role=\"alert\""),
        ({"identity": "x" * 601}, "paper_identity_error"),
        ({"identity": "a | b | c"}, "paper_identity_error"),
        ({"identity": "a | b | 1 | d"}, "paper_identity_error"),
        ({"identity": "| Shop"}, "paper_identity_error"),
        ({"image": "a | b | 3"}, "paper_image_error"),
        ({"image": "a | b | 99999999999999999999"}, "paper_image_error"),
        ({"value_1_points": "3"}, "paper_value_1_name_error"),
        ({"value_1_name": "Care", "value_1_points": "-1"}, "paper_value_1_points_error"),
        ({"value_1_name": "Care", "value_2_name": "care"}, "paper_value_2_name_error"),
        ({"value_1_name": "Care", "value_1_place": "love"}, "paper_value_1_place_error"),
        ({"mission": "m", "bite_1_concession": "no more"}, "paper_bite_1_one_error"),
        ({"value_1_name": "a", "bite_1_one": "1", "bite_1_other": "2"}, "paper_bite_1_other_error"),
        ({"value_1_name": "a", "bite_1_one": "1", "bite_1_other": "1"}, "paper_bite_1_other_error"),
        (
            {"value_1_name": "a", "value_2_name": "b", "bite_1_one": "1", "bite_1_other": "2"},
            "paper_bite_1_concession_error",
        ),
        ({"promise_measure": "often"}, "paper_promise_text_error"),
        ({"promise_text": "p", "promise_keeps": "\n".join("abcdefghijklm")}, "paper_promise_keeps_error"),
        ({"step_1_who": "Ann"}, "paper_step_1_text_error"),
        ({"step_1_text": "call", "step_1_when": "soon"}, "paper_step_1_when_error"),
    ],
)  # fmt: skip
def test_what_is_wrong_stands_at_its_field(cast, canvas: Canvas, sheet: dict[str, str], field: str) -> None:
    answer = cast.client("fay").post(address(canvas), sheet | {"go": "lay"})
    assert answer.status_code == 422
    assert field in answer.content.decode()
    assert not Edition.objects.exists()


def test_what_is_typed_is_no_markup(cast, canvas: Canvas) -> None:
    hostile = "<img src=x onerror=alert(1)>"
    page = cast.client("fay").post(address(canvas), {"mission": hostile, "value_1_name": hostile})
    assert page.status_code == 200
    assert hostile not in page.content.decode()


def test_only_for_facilitators_and_open_canvases(cast, canvas: Canvas) -> None:
    for name in ("bob", "charlie"):
        assert cast.client(name).get(address(canvas)).status_code == 404
        assert cast.client(name).post(address(canvas), {"mission": "m", "go": "lay"}).status_code == 404
    close_canvas(canvas, None)
    assert cast.client("fay").get(address(canvas)).status_code == 404
    assert cast.client("fay").post(address(canvas), {"mission": "m", "go": "lay"}).status_code == 404
    assert Participant.objects.filter(canvas=canvas).count() == 1
