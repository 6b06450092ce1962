"""An outcome in Markdown reads back as what people wrote; what changed is said, and nothing else."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.canvas.made_outcomes import CALM, USUAL, full, outcomes, usual

from verbond.canvas import FIELDS, Outcome, compare, to_markdown
from verbond.canvas.telling import tell
from verbond.cli.canvas import canvas
from verbond.errors import DataError, NotFoundError, OptionError, ReadError
from verbond.results import sentence

# in words


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_order_of_the_method(language: str) -> None:
    heads = [one.words for one in tell(usual(), language) if one.kind == "heading" and one.level == 2]
    assert heads == [sentence(f"canvas_out.field_{field}", language) for field in FIELDS]


def test_nothing_is_left_out_of_a_long_workshop() -> None:
    outcome = full(300)
    said = json.dumps([dataclasses.asdict(one) for one in tell(outcome, "nl")], ensure_ascii=False)
    whole = [*outcome.notes, *outcome.missions, *outcome.promises, *outcome.steps]
    for words in (*(one.text for one in whole), *(one.name for one in outcome.values)):
        assert words in said


SIGNS = st.text(st.sampled_from("ab 1.)#+-=*_`[]<>&|~\\!:"), min_size=1, max_size=14).filter(str.strip)


@settings(CALM, max_examples=150)
@given(SIGNS)
def test_signs_stay_what_people_wrote(words: str) -> None:
    """Read by a Markdown reader that is not ours (CommonMark with GitHub's tables)."""
    markdown_it = pytest.importorskip("markdown_it", reason="markdown-it-py reads Markdown")
    made = Outcome.from_json({
        "company": "Zonnewende", "notes": [{"field": "image", "text": words}],
        "missions": [{"text": words, "chosen": True}, {"text": words}],
    })  # fmt: skip
    parsed = markdown_it.MarkdownIt("commonmark").enable("table").parse(to_markdown(made, "en"))
    read = ["".join(one.content for one in token.children) for token in parsed if token.type == "inline"]
    plain = all(one.type == "text" for token in parsed if token.type == "inline" for one in token.children)
    assert plain
    assert read.count(" ".join(words.split())) == 3


# what changed


def changed(**of: object) -> Outcome:
    return Outcome.from_json(USUAL | {"made_at": "2027-03-01"} | of)


@CALM
@given(outcomes())
def test_nothing_changed_where_nothing_did(data: dict) -> None:
    outcome = Outcome.from_json(data)
    found = compare(outcome, outcome)
    assert not found.changed
    assert found.sections("nl") == []
    again = {**outcome.to_json()}
    for rows in again.values():
        for row in rows if isinstance(rows, list) else []:
            row["points"] = row.get("points", 0) + 1 if "points" in row else None
            row.pop("points") if row["points"] is None else None
    assert not compare(outcome, Outcome.from_json(again)).changed, "a change of points is none"


@CALM
@given(outcomes(), outcomes())
def test_what_is_new_one_way_is_gone_the_other(one: dict, other: dict) -> None:
    one, other = (Outcome.from_json(data | {"made_at": ""}) for data in (one, other))
    there, back = compare(one, other), compare(other, one)
    for field in FIELDS:
        new, gone, same = there.notes[field]
        assert back.notes[field] == (gone, new, same)
        assert (same + gone, same + new) == (len(one.in_field(field)), len(other.in_field(field)))
    assert {(c.before, c.after) for c in there.values} == {(c.after, c.before) for c in back.values}
    assert there.changed == back.changed
    for language in ("nl", "en"):
        assert there.to_markdown(language)


def test_steps_done_moved_new_gone_and_still_open() -> None:
    steps = [dict(one) for one in USUAL["steps"]]
    steps[0]["done"] = True
    steps[2]["when"] = "2027-04-01"
    steps[1:2] = [{"text": "Klanten bellen die weg zijn"}]
    told = dict(compare(usual(), changed(steps=steps)).sections("nl"))["Stappen"]
    assert told == [
        "Gedaan: Drie vaste mensen per streek aan de telefoon",
        "Nieuw: Klanten bellen die weg zijn",
        "Verzet: Alle overstapcadeaus van de site, van 15 december 2026 naar 1 april 2027",
        "Vervallen: Mandaat van 250 euro op papier",
        "Nog open: Alle overstapcadeaus van de site",
    ]


def test_values_that_came_went_stayed_and_were_renamed() -> None:
    values = [dict(one) for one in USUAL["values"]]
    values[0]["name"] = "Om de hoek"
    values[1]["chosen"] = False
    values.append({"id": "v9", "name": "Rust", "chosen": True})
    told = dict(compare(usual(), changed(values=values)).sections("en"))["Shared values"]
    assert told == ["Added: Rust.", "No longer chosen: Eerlijk.", "Dichtbij is called Om de hoek now.",
                    "Still there: Om de hoek and Zelf kiezen."]  # fmt: skip


def test_a_promise_that_was_sharpened() -> None:
    promises = [dict(one) for one in USUAL["promises"]]
    promises[0] |= {"size": "small", "keeps": [*promises[0]["keeps"], "Een kaartje na afloop."]}
    told = dict(compare(usual(), changed(promises=promises)).sections("nl"))["Merkbelofte"]
    assert told == [
        "Grootte: een stap die past werd een kleine stap",
        "Zo houden we ons eraan: 1 voorbeelden erbij, 0 weg",
    ]


def test_typed_in_from_paper_the_same_words_are_the_same() -> None:
    rows = [{"field": "image", "text": text} for text in ("Warm", "Traag", "Duur")]
    before = Outcome.from_json({"company": "Zonnewende", "notes": rows})
    after = Outcome.from_json(
        {"company": "Zonnewende", "notes": [rows[2], rows[0], {"field": "image", "text": "Kil"}]}
    )
    assert compare(before, after).notes["image"] == (1, 1, 2)


def test_the_later_one_comes_second() -> None:
    with pytest.raises(OptionError, match="later"):
        compare(changed(), usual())


# the command


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "workshop.json"
    path.write_text(json.dumps(USUAL), "utf-8")
    return path


def run(*words: object, given: str | None = None):
    return CliRunner().invoke(canvas, list(map(str, words)), input=given)


def test_a_command_does_what_a_call_does(file: Path, tmp_path: Path) -> None:
    from verbond.reports.canvas import canvas_file

    for form in ("json", "md", "svg", "wall.pdf"):
        done = run(file, "--to", tmp_path / f"out.{form}", "--language", "nl")
        assert done.exit_code == 0, done.output
        assert (tmp_path / f"out.{form}").read_bytes() == canvas_file(usual(), form, "nl")


def test_a_form_without_a_name_goes_to_the_next_program(file: Path) -> None:
    done = run("-", "--to", ".md", given=file.read_text("utf-8"))
    assert done.stdout == to_markdown(usual(), "en")


def test_what_changed_on_the_command_line(file: Path, tmp_path: Path) -> None:
    later = tmp_path / "later.json"
    later.write_text(json.dumps(changed(missions=[]).to_json()), "utf-8")
    done = run("compare", file, later, "--language", "nl")
    assert done.stdout == compare(usual(), changed(missions=[])).to_markdown("nl")
    assert "Vervallen: Wij maken dat buren" in done.stdout


@pytest.mark.parametrize(
    ("words", "text", "error", "said"),
    [
        (["--to", "a.docx"], "{}", OptionError, "docx"),
        (["--to", "nowhere/a.md"], '{"company": "a"}', OptionError, "folder"),
        (["--to", ".md"], "{", ReadError, "workshop.json, line 1"),
        (["--to", ".md"], "[" * 100_000, ReadError, "no JSON"),
        (["--to", ".md"], '{"company": "a", "steps": [{"text": 1}]}', DataError, "steps[0].text"),
    ],
    ids=["form", "folder", "half", "deep", "wrong"],
)
def test_what_is_wrong_is_said(
    file: Path, words: list[str], text: str, error: type[Exception], said: str
) -> None:
    file.write_text(text, "utf-8")
    done = run(file, *words)
    assert isinstance(done.exception, error), done.exception
    assert said in str(done.exception)


def test_no_such_file() -> None:
    assert isinstance(run("nope.json", "--to", ".md").exception, NotFoundError)
