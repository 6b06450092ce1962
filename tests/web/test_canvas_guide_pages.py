"""The facilitator's guide, as pages."""

from __future__ import annotations

import pytest

from verbond.canvas.examples import EXAMPLES, example
from verbond.method import AGENDAS, CANVAS_FIELDS
from verbond.web.views.canvas_guide import PARTS

GUIDE = "/o/acme/canvases/guide/"


def reader(cast, language: str):
    """Fay's browser, in a language."""
    fay = cast.people["fay"]
    fay.language = language
    fay.save()
    return cast.client("fay")


@pytest.mark.parametrize("language", ["nl", "en"])
def test_every_part_is_there_for_a_facilitator_in_her_language(cast, language: str) -> None:
    fay = reader(cast, language)
    contents = fay.get(GUIDE)
    assert contents.status_code == 200
    for part in PARTS:
        page = fay.get(f"{GUIDE}{part}/")
        assert page.status_code == 200
        assert f'<html lang="{language}">' in page.content.decode()
        assert f"{GUIDE}{part}/" in contents.content.decode()


def test_the_guide_is_for_facilitators(cast) -> None:
    assert cast.client("bob").get(GUIDE).status_code == 404
    assert cast.client("charlie").get(GUIDE).status_code == 404
    assert cast.client("bob").get(f"{GUIDE}examples/bank/").status_code == 404


def test_what_is_not_in_the_guide_is_not_there(cast) -> None:
    fay = cast.client("fay")
    assert fay.get(f"{GUIDE}costs/").status_code == 404
    assert fay.get(f"{GUIDE}examples/airline/").status_code == 404


def test_an_agenda_says_when_each_block_begins(cast) -> None:
    page = reader(cast, "en").get(f"{GUIDE}agenda/").content.decode()
    shown = [part.split("<")[0] for part in page.split('aria-hidden="true">')]
    clocks = [one for one in shown if ":" in one]
    # three hours: 10, 25, 25, 20, 10, 20, 15, 30, 20 and 5 minutes
    assert clocks[:10] == ["0:00", "0:10", "0:35", "1:00", "1:20", "1:30", "1:50", "2:05", "2:35", "2:55"]
    assert all(agenda.name.en in page for agenda in AGENDAS.values())


def test_questions_stand_by_field(cast) -> None:
    page = reader(cast, "nl").get(f"{GUIDE}questions/").content.decode()
    at = [page.index(f'id="{field}"') for field in CANVAS_FIELDS]
    assert at == sorted(at)


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_says_why_its_values_bite(cast, name: str) -> None:
    page = reader(cast, "en").get(f"{GUIDE}examples/{name}/")
    said = page.content.decode()
    assert said.count("degrees apart on the value circle") == len(example(name, "en").resolutions)
    assert "Invented" in said


def test_the_kit_is_there_in_both_languages_and_sizes(cast) -> None:
    fay = reader(cast, "nl")
    page = fay.get(GUIDE).content.decode()
    for language in ("nl", "en"):
        for paper in ("a4", "a3"):
            asked = f"?paper={paper}&amp;language={language}"
            assert asked in page
            got = fay.get(f"/o/acme/canvases/kit.pdf{asked.replace('&amp;', '&')}")
            assert got["Content-Type"] == "application/pdf"
            assert got.content.startswith(b"%PDF")
    assert fay.get("/o/acme/canvases/kit.pdf?language=fr").status_code == 404
    assert fay.get("/o/acme/canvases/kit.pdf?paper=a5").status_code == 404
    assert cast.client("bob").get("/o/acme/canvases/kit.pdf").status_code == 404


def test_a_name_without_type_leaves_a_line_to_write_it_on(cast) -> None:
    cast.acme.name = "Acme \U0010fffd"
    cast.acme.save()
    got = cast.client("fay").get("/o/acme/canvases/kit.pdf")
    assert got.status_code == 200
    assert got.content.startswith(b"%PDF")
