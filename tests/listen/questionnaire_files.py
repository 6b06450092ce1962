"""Questionnaire files in the shape of other tools, with words of our own."""

from __future__ import annotations

import json
from typing import Any
from xml.sax.saxutils import escape

from verbond.errors import VerbondError
from verbond.listen.exchange import ReadQuestionnaire, read_questionnaire


def read_or_error(data: bytes, name: str) -> ReadQuestionnaire | VerbondError:
    """What comes of a file: a questionnaire, or the error that refuses it in words."""
    try:
        return read_questionnaire(data, name)
    except VerbondError as error:
        return error


def qsf(
    questions: list[dict[str, Any]], *, blocks: Any = None, flow: Any = None, language: str = "EN"
) -> bytes:
    """A QSF file; without blocks: one block with every question, in order."""
    if blocks is None:
        elements = [{"Type": "Question", "QuestionID": one["QuestionID"]} for one in questions]
        blocks = [{"Type": "Default", "Description": "Block", "ID": "BL_1", "BlockElements": elements}]
    if flow is None:
        flow = [{"Type": "Block", "ID": one["ID"], "FlowID": f"FL_{n}"} for n, one in enumerate(blocks)]
    parts = [
        {"Element": "BL", "PrimaryAttribute": "Survey Blocks", "Payload": blocks},
        {
            "Element": "FL",
            "PrimaryAttribute": "Survey Flow",
            "Payload": {"Type": "Root", "FlowID": "FL_0", "Flow": flow},
        },
        *({"Element": "SQ", "PrimaryAttribute": one["QuestionID"], "Payload": one} for one in questions),
    ]
    entry = {"SurveyID": "SV_1", "SurveyName": "How was it", "SurveyLanguage": language}
    return json.dumps({"SurveyEntry": entry, "SurveyElements": parts}).encode()


def asked(
    qid: str, kind: str, selector: str, words: str = "What do you think?", **more: Any
) -> dict[str, Any]:
    """One question of a QSF file."""
    return {
        "QuestionID": qid,
        "DataExportTag": more.pop("tag", f"Tag{qid}"),
        "QuestionType": kind,
        "Selector": selector,
        "QuestionText": words,
        "Language": [],
        **more,
    }


def choices(*words: str) -> dict[str, Any]:
    """The `Choices` of a question, in order."""
    return {
        "Choices": {str(n): {"Display": one} for n, one in enumerate(words, start=1)},
        "ChoiceOrder": [str(n) for n in range(1, len(words) + 1)],
    }


def answers(*words: str, **more: Any) -> dict[str, Any]:
    """The columns of a matrix, in order."""
    return {
        "Answers": {str(n): {"Display": one} for n, one in enumerate(words, start=1)},
        "AnswerOrder": [str(n) for n in range(1, len(words) + 1)],
        **more,
    }


def logic(*tests: tuple[str, str, Any], together: str = "And") -> dict[str, Any]:
    """A `DisplayLogic` or `BranchLogic`: (locator, operator, right side) each."""
    made: dict[str, Any] = {}
    for n, (locator, operator, right) in enumerate(tests):
        made[str(n)] = {
            "LogicType": "Question",
            "LeftOperand": locator,
            "ChoiceLocator": locator,
            "Operator": operator,
            "Type": "Expression",
            **({"RightOperand": right} if right is not None else {}),
            **({"Conjuction": together} if n else {}),
        }
    return {"0": {**made, "Type": "If"}, "Type": "BooleanExpression", "inPage": False}


def lss(
    groups: list[dict[str, Any]],
    *,
    languages: tuple[str, ...] = ("en",),
    attributes: list[dict[str, Any]] | None = None,
    format: str = "G",
    inline: bool = False,
    before: str = "",
) -> bytes:
    """An LSS file.

    Parameters
    ----------
    groups : list of dict
        gid, name, [relevance], questions: each qid, type, title, words (language -> str), [relevance,
        mandatory, other], [rows: (code, words)], [answers: (code, words)].
    inline : bool
        As older versions wrote it: words in the tables themselves, a row a language.
    before : str
        What stands before the document.
    """
    tables: dict[str, list[dict[str, Any]]] = {
        name: []
        for name in (
            "answers",
            "answer_l10ns",
            "groups",
            "group_l10ns",
            "questions",
            "subquestions",
            "question_l10ns",
            "question_attributes",
            "surveys",
            "surveys_languagesettings",
        )
    }
    write = _inline if inline else _apart
    for order, group in enumerate(groups, start=1):
        base = {"gid": group["gid"], "group_order": order, "grelevance": group.get("relevance", "")}
        write(
            tables,
            "groups",
            "group_l10ns",
            base,
            "gid",
            languages,
            {"group_name": group["name"], "description": group.get("words", "")},
        )
        for place, one in enumerate(group["questions"], start=1):
            _question(tables, write, group["gid"], place, one, languages)
    tables["question_attributes"] = attributes or []
    tables["surveys"] = [{"sid": 1, "format": format}]
    tables["surveys_languagesettings"] = [
        {
            "surveyls_language": code,
            "surveyls_title": "Survey",
            "surveyls_welcometext": "<p>Welcome</p>",
            "surveyls_endtext": "Bye",
        }
        for code in languages
    ]
    told = "".join(f"<language>{code}</language>" for code in languages)
    body = "".join(_table(name, rows) for name, rows in tables.items() if rows)
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    return (
        f"{head}{before}<document><LimeSurveyDocType>Survey</LimeSurveyDocType><DBVersion>600</DBVersion>"
        f"<languages>{told}</languages>{body}</document>"
    ).encode()


def _question(
    tables: Any, write: Any, gid: Any, place: int, one: dict[str, Any], languages: tuple[str, ...]
) -> None:
    base = {
        "qid": one["qid"],
        "parent_qid": 0,
        "gid": gid,
        "type": one["type"],
        "title": one["title"],
        "mandatory": one.get("mandatory", "N"),
        "other": one.get("other", "N"),
        "question_order": place,
        "relevance": one.get("relevance", "1"),
    }
    words = {"question": one.get("words", "Well?"), "help": one.get("help", "")}
    write(tables, "questions", "question_l10ns", base, "qid", languages, words)
    for n, (code, said) in enumerate(one.get("rows", ()), start=1):
        row = {
            **base,
            "qid": int(one["qid"]) * 100 + n,
            "parent_qid": one["qid"],
            "title": code,
            "question_order": n,
            "relevance": "1",
        }
        write(tables, "subquestions", "question_l10ns", row, "qid", languages, {"question": said, "help": ""})
    for n, (code, said) in enumerate(one.get("answers", ()), start=1):
        row = {
            "aid": int(one["qid"]) * 1000 + n,
            "qid": one["qid"],
            "code": code,
            "sortorder": n,
            "scale_id": 0,
        }
        write(tables, "answers", "answer_l10ns", row, "aid", languages, {"answer": said})


def _said(words: Any, code: str) -> str:
    return words.get(code, "") if isinstance(words, dict) else words


def _apart(tables: Any, table: str, texts: str, row: Any, key: str, languages: Any, words: Any) -> None:
    tables[table].append(row)
    for code in languages:
        tables[texts].append(
            {key: row[key], "language": code, **{name: _said(one, code) for name, one in words.items()}}
        )


def _inline(tables: Any, table: str, texts: str, row: Any, key: str, languages: Any, words: Any) -> None:
    for code in languages:
        tables[table].append(
            {**row, "language": code, **{name: _said(one, code) for name, one in words.items()}}
        )


def _table(name: str, rows: list[dict[str, Any]]) -> str:
    lines = "".join(
        "<row>"
        + "".join(f"<{field}>{escape(str(value))}</{field}>" for field, value in row.items())
        + "</row>"
        for row in rows
    )
    return f"<{name}><fields/><rows>{lines}</rows></{name}>"
