"""The builder: questions of every kind are made, changed, moved and removed, without script."""

from __future__ import annotations

import hashlib
import re
import struct
import zlib
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from verbond.listen import Option, Question, Questionnaire, own_questionnaire
from verbond.listen.questionnaire import KINDS
from verbond.method import ITEMS
from verbond.method.types import Text
from verbond.web.listening import changing, making
from verbond.web.listening.questions_form import PRESETS
from verbond.web.store.models import AuditEntry, Survey

HOSTILE = "<img src=x onerror=alert(1)>\"'</title><script>alert(2)</script>"


def both(text: str) -> dict[str, str]:
    return {"nl": text, "en": f"{text} (en)"}


@pytest.fixture
def survey(cast) -> Survey:
    """A draft of Acme's, of our short questionnaire for customers."""
    return making.make_survey(cast.acme, cast.people["fay"], own_questionnaire(), "Spring")


def at(name: str, survey: Survey, **parts: Any) -> str:
    return reverse(name, kwargs={"organisation": "acme", "id": survey.pk, **parts})


def asked(survey: Survey) -> Questionnaire:
    survey.refresh_from_db()
    return making.questionnaire_of(survey)


def opened(survey: Survey) -> None:
    """Open it, whatever is still missing."""
    Survey.objects.filter(pk=survey.pk).update(basis="interest", contact="x")
    survey.refresh_from_db()
    making.open_survey(survey)
    survey.refresh_from_db()


def add(client, survey: Survey, kind: str, page: str = "", **given: Any):
    address = at("survey_addition", survey) + f"?kind={kind}&page={page}"
    shown = client.get(address)
    assert shown.status_code == 200
    return client.post(address, given)


def png(width: int = 3, height: int = 2) -> bytes:
    """A picture as the PNG specification has it (https://www.w3.org/TR/png-3/, 5.3 and 11.2.1)."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + b"\x20\x60\x40" * width for _ in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def upload(content: bytes, name: str = "folder.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="image/png")


CHOICES = {"options_nl": "Ja\nNee", "options_en": "Yes\nNo"}
KIND_FIELDS: dict[str, dict[str, Any]] = {
    "agree": {
        "min": 1,
        "max": 7,
        "low_nl": "Oneens",
        "low_en": "Disagree",
        "high_nl": "Eens",
        "high_en": "Agree",
    },
    "ten": {"min": 0, "max": 10},
    "choice": CHOICES,
    "several": CHOICES,
    "ranking": CHOICES,
    "text": {"longest": 300},
    "values": {"sides": ["own", "seen"]},
    "stimulus": {"variant_1_text_nl": "Prijs", "variant_2_text_nl": "Zorg"},
}


@pytest.mark.parametrize("kind", PRESETS)
def test_each_kind_is_added_changed_and_removed(kind: str, cast) -> None:
    start = Questionnaire.from_json(
        own_questionnaire().to_json() | {"pages": own_questionnaire().to_json()["pages"][:1]}
    )
    survey = making.make_survey(cast.acme, cast.people["fay"], start, "Small")
    client, before = cast.client("fay"), set(asked(survey).questions)
    words = {"text_nl": "Hoe gaat het?", "text_en": "How are you?"}
    words |= {"about": "Hoe gaat het?"}
    answer = add(client, survey, kind, **words, **KIND_FIELDS[kind])
    assert answer.status_code == 302, answer.content.decode()
    (fresh,) = set(asked(survey).questions) - before
    made = asked(survey).questions[fresh]
    assert made.text == Text(nl="Hoe gaat het?", en="How are you?" if made.asks else "Hoe gaat het?")
    assert len(asked(survey).pages) == 2
    address = at("survey_item", survey, item=fresh)
    assert client.get(address).status_code == 200
    changed = client.post(
        address, words | KIND_FIELDS[kind] | {"text_nl": "Hoe is het nu?", "about": "Hoe is het nu?"}
    )
    assert changed.status_code == 302
    assert asked(survey).questions[fresh].text.nl == "Hoe is het nu?"
    assert client.post(at("survey_item_removal", survey, item=fresh)).status_code == 302
    assert set(asked(survey).questions) == before
    assert AuditEntry.objects.filter(verb="survey_changed").count() == 3


def test_the_builder_says_as_many_minutes_as_the_first_page(cast) -> None:
    client = cast.client("fay")
    for kind, group in (("short", "customer"), ("full", "customer"), ("full", "employee")):
        survey = making.make_survey(cast.acme, cast.people["fay"], own_questionnaire(kind, group), "Small")
        page = client.get(f"/o/acme/surveys/{survey.pk}/questions/").content.decode()
        first = client.get(
            f"/o/acme/surveys/{survey.pk}/questions/preview/page/?language=en"
        ).content.decode()
        said = re.search(r"takes about (\d+) minutes", page)[1]
        assert f"About {said} minutes" in first


def test_every_kind_can_be_made() -> None:
    assert {name if name in KINDS else "scale" for name in PRESETS} == set(KINDS)


@pytest.mark.parametrize(
    ("kind", "given", "field"),
    [
        ("text", {"text_nl": "", "longest": 10}, "text_nl"),
        ("ten", {"text_nl": "a", "min": 5, "max": 5}, "max"),
        ("ten", {"text_nl": "a", "min": 0, "max": 101}, "max"),
        ("choice", {"text_nl": "a", "options_nl": "Een"}, "options_nl"),
        ("choice", {"text_nl": "a", "options_nl": "Een\nTwee", "options_en": "One"}, "options_nl"),
        ("choice", {"text_nl": "a", "options_nl": "Een\neen"}, "options_nl"),
        ("choice", {"text_nl": "a", "options_nl": "\n".join(map(str, range(61)))}, "options_nl"),
        ("text", {"text_nl": "a", "longest": 0}, "longest"),
        ("values", {"text_nl": "a"}, "sides"),
        ("stimulus", {"variant_1_text_nl": "alone"}, "variant_2_text_nl"),
        ("text", {"text_nl": "x" * 4001, "longest": 10}, "text_nl"),
        ("text", {"text_nl": "Wat vind je van {bedrijf}?", "longest": 10}, "text_nl"),
        ("choice", {"text_nl": "a", "options_nl": "{company}\n{ naam }"}, "options_nl"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(kind: str, given, field: str, cast, survey) -> None:
    fay = cast.people["fay"]
    fay.language = "nl"
    fay.save()
    before = asked(survey)
    answer = add(cast.client("fay"), survey, kind, **given)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert f'id="id_{field}_error"' in page
    assert 'aria-describedby="' in page
    assert asked(survey) == before


def test_options_keep_their_ids_when_words_change(cast, survey) -> None:
    client = cast.client("fay")
    add(client, survey, "choice", text_nl="Waar koop je?", options_nl="Winkel\nWebsite\nTelefoon")
    (made,) = (one for one in asked(survey).questions.values() if one.kind == "choice")
    ids = [one.id for one in made.options]
    assert ids == ["winkel", "website", "telefoon"]
    address = at("survey_item", survey, item=made.id)
    client.post(address, {"text_nl": "Waar koop je?", "options_nl": "Telefoon\nIn de winkel\nWebsite"})
    changed = asked(survey).questions[made.id]
    assert [one.id for one in changed.options] == ["telefoon", "winkel", "website"]
    assert changed.options[1].text.nl == "In de winkel"


@given(
    st.lists(st.text("abc", min_size=1, max_size=3), min_size=2, max_size=6, unique_by=str.casefold),
    st.lists(st.text("abc", min_size=1, max_size=3), min_size=2, max_size=6, unique_by=str.casefold),
)
def test_an_option_that_says_the_same_stays_the_same(before: list[str], after: list[str]) -> None:
    old, wrong = changing.options_from("\n".join(before), "", ())
    assert not wrong
    new, wrong = changing.options_from("\n".join(after), "", old)
    assert not wrong
    assert [one.text.nl for one in new] == after
    assert len({one.id for one in new}) == len(new)
    of = {one.text.nl: one.id for one in old}
    assert all(one.id == of[one.text.nl] for one in new if one.text.nl in of)


def test_no_question_takes_the_name_of_one_of_our_items() -> None:
    known = next(iter(ITEMS))
    words = Text(nl=known.replace("_", " "), en="")
    made = changing.add_question(own_questionnaire(), Question("", "text", words))
    assert not {one for one in made.questions if one == known} - set(own_questionnaire().questions)
    options = (Option("a", Text(nl="a", en="")), Option("b", Text(nl="b", en="")))
    twice = own_questionnaire()
    for _ in range(3):
        twice = changing.add_question(
            twice, Question("", "several", Text(nl="Zelfde", en=""), options=options)
        )
    assert Questionnaire.from_json(twice.to_json()) == twice


def test_questions_and_pages_move_one_place(cast, survey) -> None:
    client = cast.client("fay")
    first, second = asked(survey).pages[:2]
    ids = [one.id for one in first.questions]
    client.post(at("survey_item_place", survey, item=ids[1]), {"to": "up"})
    assert [one.id for one in asked(survey).pages[0].questions] == [ids[1], ids[0], *ids[2:]]
    client.post(at("survey_item_place", survey, item=ids[-1]), {"to": "down"})
    assert asked(survey).pages[1].questions[0].id == ids[-1]
    client.post(at("survey_item_place", survey, item=ids[-1]), {"to": "up"})
    assert asked(survey).pages[0].questions[-1].id == ids[-1]
    client.post(at("survey_page_place", survey, page=second.id), {"to": "up"})
    assert [one.id for one in asked(survey).pages[:2]] == [second.id, first.id]
    edge = client.post(at("survey_page_place", survey, page=second.id), {"to": "up"})
    assert edge.status_code == 302
    assert asked(survey).pages[0].id == second.id


def test_a_branch_is_made_of_three_choices_and_holds_the_order(cast, survey) -> None:
    client = cast.client("fay")
    add(client, survey, "choice", text_nl="Ben je lid?", **CHOICES)
    looked_at = [*asked(survey).questions][-1]
    given = {"text_nl": "Waarom?", "longest": 200, "if_1_question": looked_at, "if_1_operator": "is"}
    none = add(client, survey, "text", **given)
    assert none.status_code == 422
    assert 'id="id_if_1_value_error"' in none.content.decode()
    other = next(one for one in asked(survey).questions.values() if one.kind == "scale")
    wrong = add(client, survey, "text", **given, if_1_value=f"{other.id}:{other.min}")
    assert wrong.status_code == 422
    assert add(client, survey, "text", **given, if_1_value=f"{looked_at}:ja").status_code == 302
    why = [*asked(survey).questions][-1]
    (test,) = asked(survey).questions[why].asked_if.tests
    assert (test.question, test.operator, test.value) == (looked_at, "is", "ja")
    shown = client.get(at("survey_item", survey, item=why)).content.decode()
    assert shown.count("{company}") == 1  # where it is said that one may write it
    assert f'<option value="{looked_at}:ja" selected>' in shown
    before = asked(survey)
    for refused in (
        client.post(at("survey_item_removal", survey, item=looked_at)),
        client.post(at("survey_page_place", survey, page=before.pages[-1].id), {"to": "up"}),
    ):
        assert refused.status_code == 422
        assert 'role="alert"' in refused.content.decode()
    assert asked(survey) == before


def test_a_scale_is_compared_as_a_number(cast, survey) -> None:
    scale = next(one for one in asked(survey).questions.values() if one.kind == "scale")
    given = {"if_1_question": scale.id, "if_1_operator": "at_most", "if_1_value": f"{scale.id}:3"}
    assert add(cast.client("fay"), survey, "text", text_nl="Hoezo?", longest=99, **given).status_code == 302
    (test,) = [*asked(survey).questions.values()][-1].asked_if.tests
    assert (test.value, test.holds({scale.id: 3}), test.holds({scale.id: 4})) == (3, True, False)


def test_the_last_question_stays(cast) -> None:
    pages = own_questionnaire().to_json()["pages"][:1]
    pages[0]["questions"] = pages[0]["questions"][:1]
    start = Questionnaire.from_json(own_questionnaire().to_json() | {"pages": pages})
    survey = making.make_survey(cast.acme, cast.people["fay"], start, "One")
    client = cast.client("fay")
    for address in (
        at("survey_item_removal", survey, item=pages[0]["questions"][0]["id"]),
        at("survey_page_removal", survey, page=pages[0]["id"]),
    ):
        assert client.post(address).status_code == 422
    assert len(asked(survey).questions) == 1


# A survey that has been open


def test_words_still_change_and_questions_come_at_the_end(cast, survey) -> None:
    client = cast.client("fay")
    add(client, survey, "choice", text_nl="Ben je lid?", text_en="Are you a member?", **CHOICES)
    opened(survey)
    first = [*asked(survey).questions][-1]
    address = at("survey_item", survey, item=first)
    words = {"text_nl": "Ben je nu lid?", "text_en": "Are you a member now?"}
    mended = {"options_nl": "Ja hoor\nNee", "options_en": "Oh yes\nNo"}
    assert client.post(address, words | mended).status_code == 302
    changed = asked(survey)
    assert [one.id for one in changed.questions[first].options] == ["ja", "nee"]
    assert survey.revision == 2
    for refused in (
        words | {"options_nl": "Ja\nNee\nMisschien", "options_en": "Yes\nNo\nPerhaps"},
        {"text_nl": "Ben je lid?", "text_en": "", **CHOICES},
    ):
        assert client.post(address, refused).status_code == 422
    answer = add(client, survey, "text", text_nl="Nog iets?", text_en="Anything else?", longest=500)
    assert answer.status_code == 302
    assert survey.revision == 2
    assert asked(survey).pages[:-1] == changed.pages
    assert survey.revision == 3


def test_a_page_that_is_asked_of_some_gets_other_words_while_it_is_open(cast, survey) -> None:
    scale = next(one for one in asked(survey).questions.values() if one.kind == "scale")
    last = asked(survey).pages[-1]
    when = {"if_1_question": scale.id, "if_1_operator": "at_least", "if_1_value": f"{scale.id}:5"}
    client, address = cast.client("fay"), at("survey_page", survey, page=last.id)
    assert client.post(address, {"title_nl": "Straks", "title_en": "Later", **when}).status_code == 302
    opened(survey)
    assert client.post(address, {"title_nl": "Daarna", "title_en": "Then"}).status_code == 302
    now = asked(survey).pages[-1]
    assert now.title.nl == "Daarna"
    assert [one.question for one in now.asked_if.tests] == [scale.id]


def test_the_name_of_a_stimulus_lets_no_language_go_missing(cast, survey) -> None:
    variants = {f"variant_{n}_text_{code}": f"{n} {code}" for n in (1, 2) for code in ("nl", "en")}
    assert add(cast.client("fay"), survey, "stimulus", about="De folder", **variants).status_code == 302
    assert asked(survey).stimuli[0].text.en == "De folder"
    assert asked(survey).languages == ("en", "nl")


def test_what_was_asked_stays_as_it_was(cast, survey) -> None:
    opened(survey)
    client, before = cast.client("fay"), asked(survey)
    page, scale = before.pages[0], next(one for one in before.questions.values() if one.kind == "scale")
    for address, posted in (
        (at("survey_item_place", survey, item=page.questions[1].id), {"to": "up"}),
        (at("survey_item_removal", survey, item=page.questions[1].id), {}),
        (at("survey_page_place", survey, page=page.id), {"to": "down"}),
        (at("survey_page_removal", survey, page=page.id), {}),
        (
            at("survey_addition", survey) + f"?kind=text&page={page.id}",
            {"text_nl": "a", "text_en": "a", "longest": 9},
        ),
    ):
        assert client.post(address, posted).status_code == 422, address
    assert asked(survey) == before
    given = {"text_nl": scale.text.nl, "text_en": scale.text.en, "min": 0, "max": 99, "required": "on"}
    client.post(at("survey_item", survey, item=scale.id), given)
    now = asked(survey).questions[scale.id]
    assert (now.min, now.max, now.required) == (scale.min, scale.max, scale.required)


def test_employees_say_where_they_work(cast, survey) -> None:
    client = cast.client("fay")
    assert client.get(at("survey_addition", survey) + "?kind=department").status_code == 404
    team = making.make_survey(cast.acme, cast.people["fay"], own_questionnaire("short", "employee"), "Team")
    assert any(one.code == "department" and not one.holds for one in making.checks_of(team))
    given = {"text_nl": "Waar werk je?", "options_nl": "Winkel\nKantoor", "department": "on"}
    assert add(client, team, "department", **given).status_code == 302
    assert [one.role for one in asked(team).questions.values() if one.kind == "choice"] == ["department"]
    assert all(one.holds for one in making.checks_of(team) if one.code == "department")


# Pictures


def stimulus(**more: Any) -> dict[str, Any]:
    return {
        "variant_1_text_nl": "Prijs", "variant_1_picture": upload(png()), "variant_1_alt_nl": "Een folder",
        "variant_2_text_nl": "Zorg",
    } | more  # fmt: skip


def test_a_picture_is_kept_and_served_with_its_type(cast, survey) -> None:
    client = cast.client("fay")
    assert add(client, survey, "stimulus", **stimulus()).status_code == 302
    variant = asked(survey).stimuli[0].variants[0]
    assert variant.picture == hashlib.sha256(png()).hexdigest()
    path = reverse("survey_picture", kwargs={"address": survey.address, "digest": variant.picture})
    answer = cast.client(None).get(path)
    assert answer.content == png()
    assert answer["Content-Type"] == "image/png"
    assert answer["X-Content-Type-Options"] == "nosniff"
    other = making.make_survey(cast.globex, cast.people["charlie"], own_questionnaire(), "Other")
    for address, digest in (
        (other.address, variant.picture),
        (survey.address, "0" * 64),
        (survey.address, ".."),
    ):
        path = f"/q/{address}/pictures/{digest}/"
        assert cast.client(None).get(path).status_code == 404


def test_a_picture_stays_while_words_change_and_goes_when_asked(cast, survey) -> None:
    client = cast.client("fay")
    add(client, survey, "stimulus", **stimulus())
    made = asked(survey).stimuli[0]
    address = at("survey_item", survey, item=made.id)
    given = {k: v for k, v in stimulus().items() if k != "variant_1_picture"}
    client.post(address, given | {"variant_1_text_nl": "Korting"})
    now = asked(survey).stimuli[0]
    assert [one.id for one in now.variants] == [one.id for one in made.variants]
    assert now.variants[0].picture == made.variants[0].picture
    client.post(address, given | {"variant_1_bare": "on"})
    assert asked(survey).stimuli[0].variants[0].picture == ""


@pytest.mark.parametrize(
    "content",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"GIF89a" + b"\0" * 40,
        b"\x89PNG\r\n\x1a\n" + b"\0" * 40,
        b"\xff\xd8\xff" + b"\0" * 40,
        png(5000, 1),
        png() + b"\0" * 400_000,
        b"",
    ],
    ids=["svg", "gif", "no png", "no jpeg", "wide", "large", "empty"],
)
def test_what_is_no_picture_is_refused(content: bytes, cast, survey) -> None:
    answer = add(cast.client("fay"), survey, "stimulus", **stimulus(variant_1_picture=upload(content)))
    assert answer.status_code == 422
    assert 'id="id_variant_1_picture_error"' in answer.content.decode()
    assert not asked(survey).stimuli


def test_a_picture_needs_words_for_who_does_not_see_it(cast, survey) -> None:
    answer = add(cast.client("fay"), survey, "stimulus", **stimulus(variant_1_alt_nl=""))
    assert answer.status_code == 422
    assert "_alt_" in answer.content.decode()
    assert not asked(survey).stimuli


# The example, the printed page, what people write


def test_the_folder_experiment_stands_at_the_end(cast, survey) -> None:
    before = asked(survey)
    client = cast.client("fay")
    assert client.post(at("survey_example", survey)).status_code == 302
    assert client.post(at("survey_example", survey)).status_code == 302
    now = asked(survey)
    assert now.pages[: len(before.pages)] == before.pages
    assert len(now.stimuli) == 2
    assert [one.id for one in now.stimuli[0].variants] == ["price", "care"]
    assert now.languages == before.languages


def test_a_missing_language_is_said(cast, survey) -> None:
    client = cast.client("fay")
    add(client, survey, "text", text_nl="Nog iets?", longest=100)
    assert asked(survey).languages == ("nl",)
    page = client.get(at("survey_questions", survey)).content.decode()
    assert "English is missing" in page
    assert "1 English text is missing" in page


def test_what_people_write_is_shown_as_they_wrote_it(cast, survey) -> None:
    client = cast.client("fay")
    add(client, survey, "choice", text_nl=HOSTILE, help_nl=HOSTILE, options_nl=f"{HOSTILE}\nNee")
    question = [*asked(survey).questions][-1]
    variants = stimulus(variant_1_text_nl=HOSTILE, variant_1_alt_nl=HOSTILE)
    add(client, survey, "stimulus", text_nl=HOSTILE, **variants)
    shown = [*asked(survey).questions][-1]
    page = asked(survey).pages[-1].id
    client.post(at("survey_page", survey, page=page), {"title_nl": HOSTILE, "text_nl": HOSTILE})
    client.post(at("survey_words", survey), {f"{n}_nl": HOSTILE for n in ("title", "introduction", "thanks")})
    assert asked(survey).title.nl == HOSTILE
    refused = client.post(at("survey_page_place", survey, page=page), {"to": "up"})
    for address in (
        at("survey_questions", survey), at("survey_words", survey), at("survey_print", survey),
        at("survey_item", survey, item=question), at("survey_item", survey, item=shown),
        at("survey_page", survey, page=page), at("survey_addition", survey) + "?kind=text",
    ):  # fmt: skip
        answer = client.get(address)
        assert answer.status_code == 200
        said = answer.content.decode() + refused.content.decode()
        assert "<img src=x" not in said
        assert "<script>alert" not in said


def test_what_is_not_there_is_not_there(cast, survey) -> None:
    client = cast.client("fay")
    for address in (
        at("survey_addition", survey) + "?kind=evil", at("survey_addition", survey) + "?kind=text&page=nope",
        at("survey_item", survey, item="nope"), at("survey_page", survey, page="nope"),
    ):  # fmt: skip
        assert client.get(address).status_code == 404
    for name in ("item", "page"):
        for act in ("place", "removal"):
            address = at(f"survey_{name}_{act}", survey, **{name: "nope"})
            assert client.post(address, {"to": "up"}).status_code == 404


# As respondents will see it


def test_the_preview_goes_along_the_branch_and_keeps_nothing(cast, survey) -> None:
    client = cast.client("fay")
    add(client, survey, "choice", text_nl="Ben je lid?", text_en="Are you a member?", **CHOICES)
    looked_at = [*asked(survey).questions][-1]
    when = {"if_1_question": looked_at, "if_1_operator": "is", "if_1_value": f"{looked_at}:ja"}
    add(client, survey, "text", text_nl="Waarom lid?", text_en="Why a member?", longest=200, **when)
    frame = client.get(at("survey_preview", survey))
    assert "frame-src 'self'" in frame["Content-Security-Policy"]
    path = at("survey_trial", survey)
    answer = client.get(path + "?language=nl")
    assert "frame-ancestors 'self'" in answer["Content-Security-Policy"]
    assert answer["X-Frame-Options"] == "SAMEORIGIN"
    for said, expected in (("ja", "Waarom lid?"), ("nee", "Dit was het")):
        last = len(asked(survey).pages) - 2
        form = {"trial_language": "nl", "at": str(last), "carried": "{}", looked_at: said}
        shown = client.post(path, form).content.decode()
        assert expected in shown
        assert not survey.sheets.exists()
    assert client.post(path, {"draft": "1"}).status_code == 204


@pytest.mark.parametrize(
    "carried", ["[" * 100_000, "{", "[1]", '{"recommend": [[]], "x": {}}', "null", "\0"], ids=range(6)
)
def test_the_preview_takes_anything(carried: str, cast, survey) -> None:
    scale = next(iter(asked(survey).questions))
    carried = carried.replace("recommend", scale)
    answer = cast.client("fay").post(at("survey_trial", survey), {"at": "0", "carried": carried})
    assert answer.status_code == 200
