"""What items measure: known by our own ids, told where a questionnaire has others."""

import dataclasses

import pytest

from verbond.errors import DataError
from verbond.listen import Page, Question, Questionnaire, own_questionnaire
from verbond.method import ITEMS
from verbond.method.types import Text
from verbond.tables.items import own_items, read_items


def _said(words):
    return Text(en=words, nl=words)


def _asking(*questions):
    return Questionnaire(_said("t"), _said("i"), _said("d"), (Page("p", questions),))


@pytest.mark.parametrize("form", ["short", "full"])
@pytest.mark.parametrize("group", ["customer", "employee"])
def test_our_own_items_need_no_telling(form, group):
    own = own_questionnaire(form, group)
    assert own.meanings == {}
    assert {item for one in own.questions.values() for item in one.items} <= set(own_items())


def test_what_is_told_is_what_items_toml_takes(tmp_path):
    item = ITEMS["trust_1"]
    asked = _asking(
        Question("q7", "scale", _said("?"), min=1, max=5, construct="trust", reversed=True),
        Question("v3", "scale", _said("?"), min=1, max=6, construct="values_own", value="security"),
        Question("trust_1", "scale", _said("?"), min=0, max=10, construct="trust"),
        Question("trust_2", "scale", _said("?"), min=item.min, max=item.max, construct="trust",
                 reversed=ITEMS["trust_2"].reversed),
        Question("other", "scale", _said("?")),
    )  # fmt: skip
    told = Questionnaire.from_json(asked.to_json()).meanings
    assert [*told] == ["q7", "v3", "trust_1"]
    lines = []
    for id, one in told.items():
        shown = {
            key: str(value).lower() if isinstance(value, bool) else repr(value) for key, value in one.items()
        }
        lines += [f"[items.{id}]", *(f"{key} = {value}" for key, value in shown.items())]
    (tmp_path / "items.toml").write_text("\n".join(lines).replace("'", '"'), "utf-8")
    read = read_items(tmp_path / "items.toml")
    for id in told:
        one = asked.questions[id]
        assert dataclasses.astuple(read[id]) == (
            one.construct,
            one.value or None,
            one.min,
            one.max,
            one.reversed,
        )


@pytest.mark.parametrize(
    "question",
    [
        Question("trust_1", "scale", _said("?"), min=1, max=7),
        Question("trust_1", "choice", _said("?"), construct="trust"),
        Question("q", "scale", _said("?"), construct="happiness"),
        Question("q", "scale", _said("?"), construct="values_own"),
        Question("q", "scale", _said("?"), construct="trust", value="security"),
        Question("q", "text", _said("?"), construct="trust"),
    ],
)
def test_a_meaning_that_would_be_read_wrongly_is_refused(question):
    with pytest.raises(DataError, match="the questionnaire is wrong at question"):
        Questionnaire.from_json(_asking(question).to_json())
