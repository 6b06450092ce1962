"""`verbond scan` asks on a terminal, takes answers in scripts, and names what is wrong with them."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result

from verbond.cli import scan as module
from verbond.cli.main import cli
from verbond.errors import OptionError
from verbond.method import SCAN, handle

ANSWERS = (3, 1, 3, 1, 1, 4, 2, 3, 2, 1)
WRITTEN = ",".join(map(str, ANSWERS))


def run(*arguments: str, keys: str | None = None) -> Result:
    return CliRunner().invoke(cli, ["scan", *arguments], input=keys, catch_exceptions=False)


def unspaced(text: str) -> str:
    """Without white space, so that where a line was broken is nothing."""
    return "".join(text.split())


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stdin looks like a terminal; keys come from the runner's input."""

    class Terminal:
        class stdin:
            @staticmethod
            def isatty() -> bool:
                return True

    monkeypatch.setattr(module, "sys", Terminal)


@pytest.mark.parametrize("language", ["en", "nl"])
def test_says_everything_that_the_result_holds(language: str) -> None:
    result = SCAN.score(ANSWERS)
    shown = unspaced(run("--answers", WRITTEN, "--language", language).stdout)
    for reason in (*result.readings, *result.contradictions, *result.warnings):
        assert unspaced(reason.sentence(language)) in shown
    for step in result.steps:
        assert unspaced(handle(step.handle_id).first_step.say(language)) in shown


def test_ladder_marks_where_customers_probably_stand() -> None:
    marked = [line for line in run("--answers", WRITTEN).stdout.splitlines() if line.startswith(">")]
    assert len(marked) == 1
    assert "experience" in marked[0]


def test_json_is_the_result() -> None:
    whole = json.loads(run("--answers", WRITTEN, "--json").stdout)
    assert whole == json.loads(json.dumps(SCAN.score(ANSWERS).to_dict()))
    assert len(whole["steps"]) == 3


def test_spaces_between_answers_are_fine() -> None:
    assert run("--answers", WRITTEN.replace(",", " , ")).stdout == run("--answers", WRITTEN).stdout


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ("", "answer 1 is no number: found ''"),
        ("1,x", "answer 2 is no number: found 'x'"),
        ("1,,2", "answer 2 is no number"),
        ("1,²", "answer 2 is no number"),
        ("-1" + ",1" * 9, "answer 1 is no number: found '-1'"),
        ("1,2,3", "found 3, expected 10"),
        ("9" + ",1" * 9, r"answer 1 \(headline\) is no option: found 9, expected a whole number from 1 to 4"),
        ("9" * 5000 + ",1" * 9, r"answer 1 \(headline\) is no option: found 999999999,"),
    ],
)
def test_bad_answers_are_named(answers: str, message: str) -> None:
    with pytest.raises(OptionError, match=message):
        run("--answers", answers)


def test_without_a_terminal_it_says_how_to_give_answers() -> None:
    with pytest.raises(OptionError, match="--answers"):
        run(keys="1111111111")


@pytest.mark.usefixtures("terminal")
@pytest.mark.parametrize("language", ["en", "nl"])
def test_asks_each_question_and_hears_one_key(language: str) -> None:
    heard = run("--language", language, "--json", keys="".join(map(str, ANSWERS)))
    assert json.loads(heard.stdout)["answers"] == list(ANSWERS)
    asked = unspaced(heard.stderr)
    for question in SCAN.questions:
        assert unspaced(question.text.say(language)) in asked
        for option in question.options:
            assert unspaced(option.text.say(language)) in asked


@pytest.mark.usefixtures("terminal")
def test_wrong_keys_are_asked_again_and_b_goes_back() -> None:
    keys = "b" + "9x" + "1" + "2" + "b" + "b" + "".join(map(str, ANSWERS))
    heard = run("--json", keys=keys)
    assert json.loads(heard.stdout)["answers"] == list(ANSWERS)
    assert heard.stderr.count("Press a number from 1 to 4.") == 2


@pytest.mark.usefixtures("terminal")
def test_ending_early_stops() -> None:
    heard = run(keys="123")
    assert heard.exit_code != 0
    assert heard.stdout == ""
