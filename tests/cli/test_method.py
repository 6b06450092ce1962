"""`verbond method` says the method in both languages, as a table, as CSV and as JSON."""

from __future__ import annotations

import csv
import io
import json

import pytest
from click.testing import CliRunner, Result

from verbond.cli.main import cli
from verbond.errors import OptionError
from verbond.method import CIRCLE, CIRCLE_19, HANDLES, RELATIONSHIP_TYPES, RUNGS

LISTS = {
    "rungs": len(RUNGS),
    "types": len(RELATIONSHIP_TYPES),
    "circle": len(CIRCLE),
    "handles": len(HANDLES),
}


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["method", *arguments], catch_exceptions=False)


def rows(*arguments: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(run(*arguments, "--csv").stdout)))


def unspaced(text: str) -> str:
    """Without white space, so that where a line was broken is nothing."""
    return "".join(text.split())


@pytest.mark.parametrize("language", ["en", "nl"])
@pytest.mark.parametrize("command", LISTS)
def test_lists_have_a_row_an_entry_in_every_form(command: str, language: str) -> None:
    whole = json.loads(run(command, "--language", language, "--json").stdout)
    assert len(whole["rows"]) == len(rows(command, "--language", language)) == LISTS[command]
    assert len(run(command, "--language", language).stdout.splitlines()) == LISTS[command] + 1


def test_language_is_heard() -> None:
    assert "shared values" in run("rungs").stdout
    assert "gedeelde waarden" in run("rungs", "--language", "nl").stdout


def test_remarks_go_to_stderr_and_into_json() -> None:
    assert "hypothesis" in run("rungs").stderr
    assert "hypothese" in json.loads(run("rungs", "--language", "nl", "--json").stdout)["notes"][0]
    assert "convention" in run("circle").stderr


def test_circle_is_cut_in_ten_or_nineteen() -> None:
    assert [row["id"] for row in rows("circle", "--values", "19")] == [value.id for value in CIRCLE_19]


def test_handles_of_a_rung() -> None:
    listed = rows("handles", "--rung", "5")
    assert listed
    assert all("5" in row["rungs"] for row in listed)


@pytest.mark.parametrize("one", HANDLES, ids=lambda one: one.id)
def test_handle_in_full(one) -> None:
    shown = unspaced(run("handle", one.id, "--language", "nl").stdout)
    for text in (one.name, one.why, one.first_step, one.who, one.when_not, one.evidence):
        assert unspaced(text.nl) in shown


def test_unknown_handle_is_named() -> None:
    with pytest.raises(OptionError, match="unknown handle"):
        run("handle", "magic")


@pytest.mark.parametrize(("form", "group"), [("short", "customer"), ("full", "employee")])
def test_questionnaire(form: str, group: str) -> None:
    options = (
        "questionnaire",
        "--form",
        form,
        "--group",
        group,
        "--language",
        "nl",
        "--company",
        "Zonnewende",
    )
    listed = rows(*options)
    whole = json.loads(run(*options, "--json").stdout)
    assert [row["item"] for row in listed] == [question["item"] for question in whole["questions"]]
    assert whole["company"] == "Zonnewende"
    assert "Zonnewende" in whole["introduction"]


def test_questionnaire_is_full_and_for_customers_unless_asked_otherwise() -> None:
    assert len(rows("questionnaire")) == 75


@pytest.mark.parametrize(
    "command", [[], ["rungs"], ["types"], ["circle"], ["handles"], ["handle"], ["questionnaire"]]
)
def test_every_help_ends_with_an_example(command: list[str]) -> None:
    text = run(*command, "--help").stdout
    assert "Example" in text
    assert f"verbond method {' '.join(command)}".strip() in text
