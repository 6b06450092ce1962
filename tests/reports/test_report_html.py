"""The page: well formed, escaped, self-contained, complete in both languages, readable without pictures."""

from __future__ import annotations

import base64
import hashlib
import re
import sys
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from verbond.errors import OptionError
from verbond.ladder import EmissionSummary
from verbond.method import RUNGS
from verbond.reports import html_report, report_css, write_html
from verbond.reports.brand import Brand
from verbond.reports.sections import _SECTION_OF
from verbond.results import Estimate, Reason, sentence
from verbond.results.wording import entries

VOID = {"meta", "link", "br", "hr", "img", "input"}
LANGUAGES = ("en", "nl")
LOGO = b"\x89PNG\r\n\x1a\nand so on"
SVG = "{http://www.w3.org/2000/svg}"


class Reader(HTMLParser):
    """Reads a page strictly: every element that opens is closed in order."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.problems: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if len(dict(attrs)) != len(attrs):
            self.problems.append(f"attribute twice in {tag}")
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open[-1] != tag:
            self.problems.append(f"</{tag}> closes {self.open[-3:]}")
        else:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("style", "title", "desc"):
            self.text.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def words(self) -> str:
        return " ".join(" ".join(self.text).split())


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def bare(make_diagnosis):
    """No survey, no behaviour, nothing found."""
    return make_diagnosis(
        survey=None,
        ladder=None,
        trial=None,
        expressions=None,
        intentions=None,
        values=None,
        effort=None,
        effects=None,
        findings=(),
        unsaid=(),
        check=None,
        simulated=False,
    )


def test_page_is_well_formed(make_diagnosis, bare, language: str) -> None:
    for diagnosis in (make_diagnosis(), bare):
        page = Reader(html_report(diagnosis, language))
        assert page.problems == []
        assert page.open == []
        assert page.all("html")[0]["lang"] == language
        assert all(
            len([a for n, a in page.elements if n == tag]) == 1 for tag in ("main", "header", "footer", "h1")
        )


def test_every_picture_is_well_formed_and_named(pages, language: str) -> None:
    pictures = re.findall(r"<svg.*?</svg>", pages[language], re.S)
    assert len(pictures) > 8
    for picture in pictures:
        root = ET.fromstring(picture)
        if root.get("aria-hidden") == "true":
            continue
        ids = {e.get("id"): "".join(e.itertext()) for e in root.iter()}
        assert root.get("role") == "img"
        assert all(ids[name].strip() for name in root.get("aria-labelledby").split())


@pytest.mark.parametrize(
    ("kind", "screen"), [("tall", 360 - 2 * 16), ("circle", 360 - 2 * 16), ("wide", 800 - 2 * 16)]
)
def test_words_in_pictures_are_never_under_eleven_pixels(
    pages, language: str, kind: str, screen: float
) -> None:
    pictures = [ET.fromstring(p) for p in re.findall(r"<svg.*?</svg>", pages[language], re.S)]
    pictures = [p for p in pictures if f"picture--{kind}" in p.get("class", "")]
    assert pictures
    for picture in pictures:
        shrink = min(1.0, screen / float(picture.get("width")))
        sizes = [float(e.get("font-size").removesuffix("px")) for e in picture.iter() if e.get("font-size")]
        assert min(sizes) * shrink >= 11, picture.get("aria-labelledby")


def test_ids_are_used_once_and_links_lead_somewhere(pages) -> None:
    page = Reader(pages["en"])
    ids = [a["id"] for _, a in page.elements if a.get("id")]
    assert len(ids) == len(set(ids))
    links = [a["href"] for _, a in page.elements if a.get("href")]
    assert links
    assert {link[0] for link in links} == {"#"}
    assert {link[1:] for link in links} <= set(ids)
    labelled = [name for _, a in page.elements for name in (a.get("aria-labelledby") or "").split()]
    assert set(labelled) <= set(ids)


def test_headings_skip_no_level(make_diagnosis, bare) -> None:
    for diagnosis in (make_diagnosis(), bare):
        levels = [int(t[1]) for t, _ in Reader(html_report(diagnosis)).elements if re.fullmatch(r"h[1-6]", t)]
        assert levels[0] == 1
        assert all(later - earlier <= 1 for earlier, later in pairwise(levels))


def test_nothing_comes_from_outside(pages, language: str) -> None:
    html = pages[language]
    page = Reader(html)
    assert not {t for t, _ in page.elements} & {
        "script",
        "link",
        "img",
        "iframe",
        "object",
        "embed",
        "form",
        "base",
    }
    assert not [a for _, a in page.elements if any(name.startswith("on") or name == "src" for name in a)]
    assert "http" not in re.sub(r'xmlns(:xlink)?="[^"]+"|http-equiv', "", html)
    assert "@import" not in html
    assert not re.search(r"url\((?!#)", html)


def test_policy_allows_this_style_and_nothing_else(pages) -> None:
    html = pages["en"]
    policy = Reader(html).all("meta")[1]["content"]
    style = re.search(r"<style>(.*?)</style>", html, re.S)[1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert len(re.findall(r"<style", html)) == 1
    assert not re.search(r"<[^>]+\sstyle=", html)  # the policy would drop it


def test_a_brand_is_worn_where_words_can_be_read(make_diagnosis) -> None:
    diagnosis = make_diagnosis()
    page = html_report(diagnosis, "nl", Brand("#7a1f1f", "#1f3a7a", LOGO, "Energie van Ons"))
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"img-src data:; style-src &#39;sha256-{digest}&#39;" in page
    assert '<h1 class="masthead__company">Energie van Ons</h1>' in page
    assert f'src="data:image/png;base64,{base64.b64encode(LOGO).decode()}" alt=""' in page
    assert "--colour-accent: #7a1f1f" in style
    grey = html_report(diagnosis, "nl", Brand("#767676"))  # 4.5 on white, less on our paper
    assert "#767676" not in grey
    assert "img-src" not in grey
    assert "--colour-wood: #b58a57" in grey


def test_strangers_words_stay_words(make_diagnosis, make_ladder, make_segments, make_survey) -> None:
    evil = "<script>alert('x')</script>\"&"
    wave = make_survey(waves=(evil, "b"), constructs=())
    diagnosis = make_diagnosis(name=evil, survey=wave)
    for language in LANGUAGES:
        html = html_report(diagnosis, language)
        assert "<script" not in html
        assert evil in Reader(html).words
        assert Reader(html).problems == []
    assert ">&lt;east&gt;<" in html_report(
        make_diagnosis(ladder=make_ladder(segments=make_segments(9, 8, 7, 6)))
    )


def test_order_for_a_marketer(pages, language: str) -> None:
    html = pages[language]
    codes = [
        "simulated_title",
        "lead_blocking",
        "title_ladder",
        "title_steps",
        "title_found",
        "title_scores",
        "title_types",
        "title_values",
        "title_movement",
        "title_segments",
        "title_intentions",
        "title_effort",
        "title_unsaid",
        "title_data",
        "title_made",
    ]
    words = re.sub(r"<nav.*?</nav>", "", html.split("<body>")[1], flags=re.S)
    words = Reader(words).words
    values = {"rung": 3, "name": RUNGS[3].name.say(language)}
    places = [words.find(sentence(f"report.{code}", language, **values)) for code in codes]
    assert -1 not in places
    assert places == sorted(places)


def test_steps_say_all_they_must(make_diagnosis, language: str) -> None:
    diagnosis = make_diagnosis()
    words = Reader(html_report(diagnosis, language)).words
    labels = ("step_first", "step_who", "step_because", "step_worked", "step_when_not")
    for label in labels:
        assert words.count(sentence(f"report.{label}", language)) >= 3
    for step in diagnosis.steps:
        assert step.because.sentence(language) in words
        assert sentence(f"report.worked_{step.rung}", language) in words


def test_every_finding_stands_once_in_its_words_and_tone(make_diagnosis, language: str) -> None:
    diagnosis = make_diagnosis()
    words = Reader(html_report(diagnosis, language)).words
    for finding in diagnosis.findings:
        tone = sentence(f"report.tone_{finding.tone}", language)
        assert words.count(f"{tone} {finding.reason.sentence(language)}") == 1
    for reason in diagnosis.unsaid:
        assert reason.sentence(language) in words


def test_a_finding_with_a_place_of_its_own_is_one_that_the_diagnosis_knows() -> None:
    assert [code for code in _SECTION_OF if f"diagnosis.{code}" not in entries("en")] == []


def test_every_picture_has_a_sentence_and_a_table(pages, language: str) -> None:
    html = pages[language]
    sections = [s for s in re.findall(r"<section.*?</section>", html, re.S) if "<figure" in s]
    assert len(sections) >= 8
    for section in sections:
        assert "<figcaption" in section
        assert "<table" in section[section.index("<figure") :]
        assert sentence("report.how_title", language) in section


def test_tables_have_captions_and_scopes(pages) -> None:
    html = pages["en"]
    tables = re.findall(r"<table>.*?</table>", html, re.S)
    assert len(tables) > 10
    for table in tables:
        assert re.match(r"<table>\s*<caption", table)
        assert all('scope="' in head for head in re.findall(r"<th\b[^>]*>", table))
        widths = {row.count("<th") + row.count("<td") for row in re.findall(r"<tr>.*?</tr>", table, re.S)}
        assert len(widths) == 1


def test_simulated_data_say_so_and_real_data_do_not(make_diagnosis, pages, language: str) -> None:
    title = sentence("report.simulated_title", language)
    assert title in pages[language]
    words = Reader(html_report(make_diagnosis(simulated=False), language)).words
    assert title not in words
    assert sentence("report.simulated_short", language) not in words


def test_languages_do_not_mix(pages) -> None:
    english, dutch = (Reader(pages[lang]).words for lang in LANGUAGES)
    for code in entries("en"):
        if code.startswith("report.title_"):
            assert sentence(code, "nl") not in english
            assert sentence(code, "en") not in dutch
    assert "8,000" in english
    assert "8.000" in dutch


def test_written_empty_states(bare, language: str) -> None:
    words = Reader(html_report(bare, language)).words
    for code in (
        "empty_ladder",
        "empty_survey",
        "empty_behaviour",
        "empty_intentions",
        "empty_unsaid",
        "data_none",
    ):
        assert sentence(f"report.{code}", language) in words
    assert sentence("report.lead_nothing", language, company=bare.name) in words
    assert sentence("report.step_first", language) in words
    assert "<figure" not in html_report(bare, language)


def test_nothing_moved_is_a_finding(make_diagnosis, make_ladder, language: str) -> None:
    ladder = make_ladder()
    still = make_ladder(
        moved_up=0 * ladder.moved_up, moved_down=0 * ladder.moved_down, flows=0 * ladder.flows
    )
    html = html_report(make_diagnosis(ladder=still), language)
    words = Reader(html).words
    assert sentence("report.empty_movement", language) in words
    assert sentence("report.nothing_moved", language) in words
    assert 'class="flow' not in html


def test_one_period_shows_no_movement(make_diagnosis, make_ladder) -> None:
    ladder = make_ladder()
    short = make_ladder(
        periods=ladder.periods[:1], shares=ladder.shares[:1], shares_ci_lower=ladder.shares_ci_lower[:1],
        shares_ci_upper=ladder.shares_ci_upper[:1], moved_up=np.empty(0), moved_down=np.empty(0),
        flows=0 * ladder.flows,
    )  # fmt: skip
    assert sentence("report.empty_movement_short") in Reader(html_report(make_diagnosis(ladder=short))).words


def test_levels_are_not_called_rungs(make_diagnosis, make_ladder, language: str) -> None:
    ladder = make_ladder(anchored=False, blocking_rung=None, n_respondents=0)
    html = html_report(make_diagnosis(ladder=ladder, survey=None, findings=()), language)
    section = re.search(r'<section class="chapter chapter--ladder".*?</section>', html, re.S)[0]
    words = Reader(section).words.lower()
    assert sentence("report.not_rungs", language) in words
    spoken = html_report(make_diagnosis(ladder=ladder, survey=None, findings=()), language)
    drawn = " ".join(re.findall(r'<desc id="(?:ladder|movement)[^>]*>(.*?)</desc>', spoken, re.S)).lower()
    assert drawn
    assert not re.findall(r"\btrede|\bsteps? climbed", drawn.replace("geen treden", ""))
    assert not [r.name.say(language) for r in RUNGS if f" {r.name.say(language)} " in words and r.number != 3]
    moves = Reader(re.search(r'<section[^>]*id="actions".*?</section>', html, re.S)[0]).words
    assert sentence("report.group_up_levels", language) in moves
    assert sentence("report.every_level", language) in moves
    assert not re.findall(r"\btreden?\b|\brungs?\b", moves)
    lead = Reader(re.search(r"<header.*?</header>", html, re.S)[0]).words
    assert sentence("report.level_name", language, number=1).split()[0].lower() in lead.lower()


def test_a_ladder_without_figures_is_no_ladder(make_diagnosis, make_ladder) -> None:
    ladder = make_ladder()
    nothing = make_ladder(shares=np.full_like(ladder.shares, np.nan), blocking_rung=None)
    words = Reader(html_report(make_diagnosis(ladder=nothing, findings=()))).words
    assert sentence("report.why_not_computed") in words
    assert sentence("report.empty_behaviour") not in words
    assert "nan" not in words.lower().split()


def test_too_few_data_are_named_and_not_called_no_data(make_diagnosis, make_ladder, language: str) -> None:
    blank = np.full_like(make_ladder().shares, np.nan)
    few = Reason("ladder.too_few_customers", {"n": 12, "n_states": 6})
    beside = Reason("ladder.not_anchored", {"n": 185})
    unfitted = make_ladder(shares=blank, blocking_rung=None, anchored=False, reasons=(few, beside))
    failed = Reason("diagnosis.ladder_failed", {"why": "not one complete month: found 9 days."})
    for diagnosis, why in (
        (make_diagnosis(ladder=unfitted, findings=()), few.sentence(language)),
        (make_diagnosis(ladder=None, unsaid=(failed,), findings=()), failed.values["why"]),
    ):
        html = html_report(diagnosis, language)
        words = Reader(html).words
        assert sentence("report.empty_ladder_because", language, why=why) in words
        assert sentence("report.empty_movement_because", language, why=why) in words
        assert sentence("report.empty_behaviour", language) not in words
        assert sentence("report.empty_ladder", language) not in words
        header = Reader(re.search(r"<header.*?</header>", html, re.S)[0]).words
        assert sentence("report.period", language, first="2024-07-01", last="2025-12-31") in header
        assert sentence("report.n_customers_known", language, n=8000) in header


def test_answers_that_cannot_be_read_are_not_called_none(make_diagnosis, language: str) -> None:
    failed = Reason("diagnosis.survey_failed", {"why": "no item is known."})
    words = Reader(html_report(make_diagnosis(survey=None, unsaid=(failed,)), language)).words
    assert words.count(failed.sentence(language)) == 2  # in its place, and in what cannot be said
    assert sentence("report.empty_survey", language) not in words


def test_too_few_answers_are_not_called_none(make_diagnosis, make_ladder, make_survey, language: str) -> None:
    levels = {"anchored": False, "blocking_rung": None}
    few = make_diagnosis(ladder=make_ladder(**levels, n_respondents=40), findings=())
    none = make_diagnosis(ladder=make_ladder(**levels, n_respondents=0), survey=None, findings=())
    said, unsaid = (Reader(html_report(d, language)).words for d in (few, none))
    assert sentence("report.how_not_anchored_answers", language) in said
    assert sentence("report.how_not_anchored", language) not in said
    assert sentence("report.how_not_anchored", language) in unsaid
    values = {"company": few.name, "level": 1, "levels": 6}
    for words, code in ((said, "lead_level_answers"), (unsaid, "lead_level")):
        last = sentence(f"report.{code}", language, share=0.0, **values).split(". ")[-1]
        assert last in words


def test_respondents_and_customers_are_counted_apart(make_diagnosis, make_survey) -> None:
    diagnosis = make_diagnosis(survey=make_survey(n_respondents=60, n_customers_linked=55))
    words = {lang: Reader(html_report(diagnosis, lang)).words for lang in LANGUAGES}
    assert "60 respondents; 55 different customers can be recognised." in words["en"]
    assert "60 ondervraagden; 55 verschillende klanten zijn te herkennen." in words["nl"]


def test_all_customers_and_those_of_the_last_period_are_both_named(
    make_diagnosis, make_ladder, language: str
) -> None:
    ladder = make_ladder(n_customers=8000, n_present=make_ladder().n_present - 3591)
    words = Reader(html_report(make_diagnosis(ladder=ladder), language)).words
    assert sentence("report.how_ladder", language, n=8000, present=4409) in words
    assert sentence("report.caption_ladder", language, n=4409) in words


def test_no_step_is_said_to_rest_on_data_that_it_does_not_rest_on(pages) -> None:
    intros = {"en": "Each says why it is here", "nl": "Bij elke stap staat waarom"}
    for language, intro in intros.items():
        assert intro in Reader(pages[language]).words
    assert "rust op iets in je gegevens" not in pages["nl"]
    assert "rests on something in your data" not in pages["en"]


def test_what_is_out_of_something_else_than_periods_says_so(make_diagnosis, make_ladder) -> None:
    chances = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6)
    emissions = tuple(EmissionSummary(v, "bernoulli", chances) for v in ("answered", "return", "visit"))
    words = Reader(html_report(make_diagnosis(ladder=make_ladder(emissions=emissions)), "nl")).words
    for code in ("answered", "return", "bernoulli"):
        assert sentence(f"report.measure_{code}", "nl") in words


def test_unknown_figures_are_a_dash(make_diagnosis, make_ladder) -> None:
    ladder = make_ladder()
    unknown = make_ladder(
        shares_ci_lower=np.full_like(ladder.shares, np.nan),
        shares_ci_upper=np.full_like(ladder.shares, np.nan),
    )
    html = html_report(make_diagnosis(ladder=unknown))
    assert "nan" not in Reader(html).words.lower()
    assert "NaN" not in html


def test_groups_under_five_are_never_shown(
    make_diagnosis, pages, make_ladder, make_segments, make_survey
) -> None:
    words = Reader(pages["en"]).words
    assert "west" not in words
    assert "<east>" not in words  # 990 customers, but total minus the others would give west away
    assert "north" in words
    few = Estimate(0.5, 0.1, 0.9, 4)
    survey = make_survey()
    small = make_survey(constructs=tuple(type(c)(c.construct, None, few) for c in survey.constructs))
    assert sentence("report.empty_scores") in Reader(html_report(make_diagnosis(survey=small))).words
    tiny = make_ladder(n_present=0 * make_ladder().n_present + 4)
    assert sentence("report.why_small", least=5) in Reader(html_report(make_diagnosis(ladder=tiny))).words


def test_no_picture_needs_a_package_for_charts(make_diagnosis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    html = html_report(make_diagnosis())
    for identity in ("movement-wide", "movement-tall", "segments-wide", "segments-tall"):
        assert f'id="{identity}-title"' in html


def test_same_diagnosis_gives_same_page(make_diagnosis) -> None:
    assert html_report(make_diagnosis()) == html_report(make_diagnosis())


def test_figures_on_the_page_are_those_of_the_result(make_diagnosis) -> None:
    diagnosis = make_diagnosis()
    html = html_report(diagnosis)
    table = re.search(r'<caption id="table-ladder">.*?</table>', html, re.S)[0]
    rows = re.findall(r"<tr>(.*?)</tr>", table, re.S)[1:]
    shown = [re.findall(r">([^<>]+)</t[hd]>", row) for row in rows]
    assert [row[2] for row in shown] == [f"{100 * s:.0f}%" for s in reversed(diagnosis.ladder.shares[-1])]
    assert [row[0] for row in shown] == ["5", "4", "3", "2", "1", "0"]


def test_file_is_the_page(make_diagnosis, tmp_path: Path) -> None:
    file = write_html(make_diagnosis(), tmp_path / "a.html", language="nl")
    assert file.read_text("utf-8") == html_report(make_diagnosis(), "nl")
    assert b"\r" not in file.read_bytes()
    for wrong in (tmp_path, tmp_path / "nowhere" / "a.html"):
        with pytest.raises(OptionError, match="cannot write"):
            write_html(make_diagnosis(), wrong)
    with pytest.raises(OptionError, match="unknown language"):
        html_report(make_diagnosis(), "de")


def test_page_is_light_enough_to_mail(pages) -> None:
    assert len(pages["en"].encode()) < 1_000_000


def test_style_has_its_layers_and_no_framework() -> None:
    css = report_css()
    assert "@layer reset, base, components, pages, utilities;" in css
    assert "prefers-reduced-motion" in css
    assert "@media print" in css
    assert "A4" in css
    assert css.count("{") == css.count("}")
    used = set(re.findall(r"var\(--([a-z0-9-]+)", css))
    defined = set(re.findall(r"--([a-z0-9-]+):", css))
    assert used <= defined
    own = css.split("/* meaning */", 1)[1].split("prefers-color-scheme: dark", 1)[1].split("}\n}", 1)[1]
    assert not re.findall(r"#[0-9a-f]{3,8}\b", re.sub(r"@media print.*", "", own, flags=re.S))
