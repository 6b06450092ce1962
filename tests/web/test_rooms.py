"""The pages of a diagnosis: in two languages, from what a job kept."""

from __future__ import annotations

import html
import re
import sys
from dataclasses import replace
from types import ModuleType

import pytest
from django.conf import settings
from tests.reports.conftest import estimate, full_diagnosis

from verbond.diagnosis import compare
from verbond.diagnosis.answers import AnswerResults
from verbond.ladder.words import place
from verbond.method import named
from verbond.results import Provenance, Reason
from verbond.results.wording import entries
from verbond.survey import AskedRung, AskedRungsResult
from verbond.tables import RUNG_CONSTRUCTS
from verbond.web.middleware import POLICY
from verbond.web.pages import PAGES, Content, RoomPage
from verbond.web.pages.asked import asked_section
from verbond.web.store.models import Job

PATHS = ["/o/acme/", *(f"/o/acme/{name}/" for name in PAGES if name != "today")]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("language", ["en", "nl"])
def test_a_page_is_whole(path: str, language: str, cast, made_run) -> None:
    made_run()
    bob = cast.people["bob"]
    bob.language = language
    bob.save()
    answer = cast.client("bob").get(path)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert f'<html lang="{language}">' in page
    assert page.count("<h1") == 1
    assert "<svg" in page
    assert "<table" in page
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids)), sorted({one for one in ids if ids.count(one) > 1})


@pytest.mark.parametrize("path", PATHS)
def test_without_a_diagnosis_a_page_says_what_to_do(path: str, cast) -> None:
    page = cast.client("ann").get(path).content.decode()
    assert 'href="/o/acme/data/"' in page
    assert 'action="/o/acme/runs/"' in page
    assert 'action="/o/acme/runs/"' not in cast.client("bob").get(path).content.decode()


def test_nothing_inline_and_nothing_from_elsewhere(cast, made_run) -> None:
    made_run()
    answer = cast.client("bob").get("/o/acme/ladder/")
    page = answer.content.decode()
    assert answer["Content-Security-Policy"] == POLICY
    assert "unsafe" not in POLICY
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*src=)", page)
    elsewhere = re.findall(r'(?:src|href)="(https?:[^"]+)"', page)
    assert not elsewhere


def test_queries_do_not_grow_with_what_is_kept(cast, made_run, django_assert_max_num_queries) -> None:
    for _ in range(3):
        made_run()
    client = cast.client("bob")
    client.get("/o/acme/")
    with django_assert_max_num_queries(8):
        client.get("/o/acme/")


def test_an_unknown_page_is_not_there(cast) -> None:
    assert cast.client("alice").get("/o/acme/nothing/").status_code == 404
    assert cast.client("alice").get("/o/acme/today/").status_code == 404


def test_results_lie_in_the_folder_of_the_organisation(cast, made_run) -> None:
    run = made_run()
    folder = settings.INSTALLATION.data_folder(cast.acme.pk)
    assert (folder / "results" / f"{run.id}.diagnosis").is_file()


def text_of(answer) -> str:
    """The words of a page."""
    return html.unescape(re.sub(r"<[^>]+>", " ", answer.content.decode()))


def test_the_ladder_of_one_segment_is_the_one_that_the_results_hold(cast, made_run) -> None:
    made_run()
    d = full_diagnosis()
    (north,) = (s for s in d.ladder.segments if s.value == "north")
    answer = cast.client("bob").get("/o/acme/ladder/", {"segment": "region:north"})
    drawn = re.findall(r'data-state="\d" data-share="([\d.]+)"', answer.content.decode())
    assert [float(share) for share in drawn[:6]] == pytest.approx(north.shares, abs=0.0005)
    assert "You see: Region: north" in text_of(answer)
    assert 'value="region:north" selected' in answer.content.decode()


@pytest.mark.parametrize(
    "query",
    [
        "segment=region:west", "segment=region:<east>", "segment=region:mars", "segment=x", "from=2031-01",
        "until=x'--", "from=2025-04&until=2025-02", "segment=" + "a:" * 5000, "period=../../x",
    ],
)  # fmt: skip
def test_what_may_not_be_shown_is_not_shown_and_nothing_breaks(query: str, cast, made_run) -> None:
    """West has three customers; east would give them away."""
    made_run()
    answer = cast.client("bob").get(f"/o/acme/ladder/?{query}")
    assert answer.status_code == 200
    drawn = re.findall(r'data-state="\d" data-share="([\d.]+)"', answer.content.decode())
    if ":" in query or "from" in query or "until" in query:
        assert not drawn
        assert "nothing to show for this choice" in text_of(answer)


def test_the_address_keeps_what_is_chosen_and_no_more(cast, made_run) -> None:
    made_run()
    client = cast.client("bob")
    chosen = {"segment": "", "from": "2025-01", "until": "2025-03", "other": "x"}
    answer = client.get("/o/acme/ladder/", chosen, headers={"HX-Request": "true"})
    assert answer["HX-Push-Url"] == "/o/acme/ladder/?from=2025-01&until=2025-03"
    assert "January 2025 up to and including March 2025" in text_of(answer)
    answer = client.get("/o/acme/ladder/", {"segment": ""}, headers={"HX-Request": "true"})
    assert answer["HX-Push-Url"] == "/o/acme/ladder/"


def test_two_organisations_never_share_a_page_in_memory(cast, made_run) -> None:
    made_run()
    made_run(cast.globex, replace(full_diagnosis(), name="Globex itself"))
    mine, theirs = (cast.client(n).get(f"/o/{o}/") for n, o in (("bob", "acme"), ("charlie", "globex")))
    assert "Globex itself" not in text_of(mine)
    assert "Globex itself" in text_of(theirs)


def test_an_older_diagnosis_is_looked_at_and_called_so(cast, made_run) -> None:
    old = made_run(diagnosis=replace(full_diagnosis(), name="As it was"))
    made_run()
    client = cast.client("bob")
    answer = client.get("/o/acme/", {"run": str(old.pk)})
    assert "As it was" in text_of(answer)
    assert "You are looking at an older diagnosis" in text_of(answer)
    assert "older diagnosis" not in text_of(client.get("/o/acme/"))


@pytest.mark.parametrize("run", ["x", "00000000-0000-0000-0000-000000000007", "' OR 1=1"])
def test_an_unknown_diagnosis_is_not_there(run: str, cast, made_run) -> None:
    made_run()
    assert cast.client("bob").get("/o/acme/", {"run": run}).status_code == 404


def test_a_diagnosis_of_another_organisation_is_not_there(cast, made_run) -> None:
    made_run()
    other = made_run(cast.globex)
    client = cast.client("bob")
    assert client.get("/o/acme/", {"run": str(other.pk)}).status_code == 404
    assert client.get("/o/acme/runs/comparison/", {"before": str(other.pk), "after": "x"}).status_code == 422
    assert str(other.pk) not in client.get("/o/acme/runs/").content.decode()


def test_the_first_diagnosis_says_so_and_the_second_says_what_changed(cast, made_run) -> None:
    first = made_run()
    client = cast.client("bob")
    assert "This is the first diagnosis" in text_of(client.get("/o/acme/"))
    d = full_diagnosis()
    later = replace(
        d, survey=replace(d.survey, n_respondents=900),
        provenance=replace(d.provenance, fingerprint="another"),
    )  # fmt: skip
    second = made_run(diagnosis=later)
    said = [f.reason.sentence("en") for f in compare(d, later).findings]
    assert said, "the two differ"
    page = text_of(client.get("/o/acme/"))
    assert "This is the first diagnosis" not in page
    assert said[0] in page
    both = {"before": str(second.pk), "after": str(first.pk)}
    beside = text_of(client.get("/o/acme/runs/comparison/", both))
    assert all(one in beside for one in said), (
        "the older one is the first of the two, however they were picked"
    )


def test_one_diagnosis_cannot_be_laid_beside_itself(cast, made_run) -> None:
    run = made_run()
    answer = cast.client("bob").get("/o/acme/runs/comparison/", {"before": str(run.pk), "after": str(run.pk)})
    assert answer.status_code == 422
    assert "two different diagnoses" in text_of(answer)


@pytest.mark.parametrize("name", ["gus", "bob", "fay"])
def test_only_an_analyst_makes_a_diagnosis(name: str, cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("verbond.web.diagnosing.diagnose_organisation", lambda job, progress: None)
    assert cast.client(name).post("/o/acme/runs/").status_code == 404
    assert not Job.objects.exists()
    assert cast.client("ann").post("/o/acme/runs/").status_code == 302
    assert Job.objects.get().kind == "diagnosis"


def test_a_page_is_made_once(cast, made_run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second reader gets what the first one's page was made of, in each language."""
    made_run()
    made: list[str] = []
    page = PAGES["values"]
    monkeypatch.setattr(type(page), "content", counted(type(page).content, made))
    for name in ("bob", "ann", "fay"):
        assert cast.client(name).get("/o/acme/values/").status_code == 200
    assert made == ["en"]


def counted(content, made: list[str]):
    def counting(self, d, language, filters, before):
        made.append(language)
        return content(self, d, language, filters, before)

    return counting


def test_skipped_rungs_and_the_order_stand_on_the_ladder_page(cast, made_run) -> None:
    """What the answers say of each rung, as they say it."""
    rungs = tuple(
        AskedRung(k, c, estimate(0.9 - 0.15 * k), estimate(0.01 * k) if k < 5 else None, 55.0)
        for k, c in enumerate(RUNG_CONSTRUCTS, start=1)
    )
    reason = Reason("survey.rungs_undecided", {"n": 400})
    asked = AskedRungsResult(
        400, rungs, (), estimate(0.9), 0.3, (), 1.0, 1, 0.5, None, "undecided", reason, (), Provenance(), {}
    )
    d = replace(full_diagnosis(), answers=AnswerResults(asked, None, None, None))
    for language in ("en", "nl"):
        section = asked_section(d, language)
        drawn = re.findall(r'data-value="([\d.]+)"', section.pictures[0].wide)
        told = [r.attained.value for r in reversed(rungs)] + [r.skipped.value for r in reversed(rungs[:-1])]
        assert [float(value) for value in drawn] == pytest.approx(told)
        assert section.said[0].text == reason.sentence(language)
    few = replace(asked, rungs=tuple(replace(r, attained=replace(r.attained, n_obs=4)) for r in rungs))
    assert asked_section(replace(d, answers=AnswerResults(few, None, None, None)), "en") is None


@pytest.mark.parametrize(
    ("reasons", "english", "dutch"),
    [
        ([("few_answers", {"n": 121, "have": 64})], "about 121 more customers", "nog ongeveer 121 klanten"),
        ([("not_anchored", {"n": 185}), ("too_few_customers", {"n": 35, "n_states": 6})],
         "35 more customers of whom", "nog 35 klanten van wie"),
        ([("one_period", {})], "data of more months", "gegevens over meer maanden"),
        ([("partly_measured", {"constructs": [named("trust")]})], "about trust;", "vraagt naar vertrouwen;"),
        ([("not_told_apart", {"low": place(1, True), "high": place(2, True)}),
          ("not_told_apart", {"low": place(2, True), "high": place(3, True)})],
         "on rung 1 (", "op trede 1 ("),
    ],
)  # fmt: skip
def test_the_ladder_page_says_what_helps(reasons: list, english: str, dutch: str, cast, made_run) -> None:
    """How many answers, customers or months more; the first in the way, and that alone."""
    d = full_diagnosis()
    ladder = replace(d.ladder, reasons=tuple(Reason(f"ladder.{code}", values) for code, values in reasons))
    made_run(diagnosis=replace(d, ladder=ladder))
    bob = cast.people["bob"]
    for language, expected in (("en", english), ("nl", dutch)):
        bob.language = language
        bob.save()
        page = text_of(cast.client("bob").get("/o/acme/ladder/"))
        begin = {"en": "What would help most: ", "nl": "Wat het meest zou helpen: "}[language]
        assert page.count(begin) == 1
        said = page.split(begin)[1].split(". ")[0]
        assert expected in said, said
    if reasons[0][0] == "not_told_apart":
        assert said.count("trede 2") == 1  # in two pairs, and named once


def test_the_ladder_page_promises_no_help_where_none_is_needed(cast, made_run) -> None:
    made_run()
    assert "What would help" not in text_of(cast.client("ann").get("/o/acme/ladder/"))


def test_a_page_takes_a_module_a_line_and_its_title(cast, made_run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The recipe of AGENTS.md: route, menu, sharing and memory follow by themselves."""
    made_run()
    module = ModuleType("made_up_page")
    module.content = lambda d, language, filters, before: Content(lead=f"Loyal to {d.name}")
    monkeypatch.setitem(sys.modules, "made_up_page", module)
    monkeypatch.setitem(PAGES, "loyal", RoomPage("made_up_page"))
    monkeypatch.setitem(entries("en"), "web.page_loyal", "Loyalty")
    answer = cast.client("ann").get("/o/acme/loyal/")
    assert answer.status_code == 200
    assert "Loyal to Zonnewende" in text_of(answer)
    assert 'href="/o/acme/loyal/" aria-current="page">Loyalty</a>' in answer.content.decode()
    shared = cast.client("ann").post(
        "/o/acme/shares/", {"page": "loyal", "query": "", "run": "", "days": "0"}
    )
    path = re.search(r"http://testserver(/shared/[^\"]+/)", shared.content.decode())[1]
    assert "Loyal to Zonnewende" in text_of(cast.client(None).get(path))
