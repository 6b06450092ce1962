"""Questionnaires of LimeSurvey: an LSS file, which is XML with a table an element.

A group is a page; an array becomes one question a row; what LimeSurvey calls a text display becomes the words
above a page. Relevance equations are taken over where they mean exactly what a condition here can mean.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from xml.parsers import expat

from verbond.errors import ReadError
from verbond.listen.conditions import Condition
from verbond.listen.exchange.draft import Draft, Known, options_of, spoken
from verbond.listen.exchange.grids import Answer, Grid, ask_choice, ask_grid, number_said
from verbond.listen.exchange.plain import plain
from verbond.listen.exchange.relevance import condition_of
from verbond.listen.questionnaire import LIMITS, Question, Questionnaire
from verbond.method.types import Text
from verbond.results import LANGUAGES, Language

__all__ = ["read_lss", "tables_of"]

Row = Mapping[str, str]
_MOST_ROWS = 200_000
_OTHER = {"en": "Other", "nl": "Anders"}
_FIXED: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    "Y": (("Y", "Yes", "Ja"), ("N", "No", "Nee")),
    "C": (("Y", "Yes", "Ja"), ("U", "Uncertain", "Weet ik niet zeker"), ("N", "No", "Nee")),
    "E": (("I", "Increase", "Meer"), ("S", "Same", "Evenveel"), ("D", "Decrease", "Minder")),
    "G": (("F", "Female", "Vrouw"), ("M", "Male", "Man")),
}
_KINDS = {
    ":": "array of numbers", ";": "array of texts", "D": "date", "|": "file", "*": "equation",
    "I": "language switch",
}  # fmt: skip


def tables_of(data: bytes, file: str) -> dict[str, list[dict[str, str]]]:
    """The tables of an LSS file: name -> rows, field -> text; "" holds what stands outside tables.

    Raises
    ------
    ReadError
        If it is not well-formed, or declares entities or a document type, as no such file does.
    """
    reader = _Tables(file)
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.said.append
    parser.StartDoctypeDeclHandler = reader.refuse
    parser.EntityDeclHandler = reader.refuse
    parser.ExternalEntityRefHandler = reader.refuse
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise ReadError("this is not whole XML", file=file, line=error.lineno) from None
    except ReadError:  # which is a ValueError too
        raise
    except (LookupError, ValueError) as error:  # an encoding that nobody knows
        raise ReadError("this cannot be read as XML", file=file, value=str(error)[:80]) from None
    return reader.tables


class _Tables:
    def __init__(self, file: str) -> None:
        self.file = file
        self.path: list[str] = []
        self.said: list[str] = []
        self.row: dict[str, str] = {}
        self.tables: dict[str, list[dict[str, str]]] = {"": []}
        self.n_rows = 0

    def refuse(self, *_: Any) -> None:
        raise ReadError(
            "the file declares a document type or entities",
            file=self.file,
            expected="an export of LimeSurvey",
        )

    def start(self, name: str, _: Any) -> None:
        if len(self.path) > 30:
            raise ReadError("elements stand too deep within each other", file=self.file)
        self.path.append(name)
        if len(self.path) <= 5:
            self.said.clear()
        if self.path[2:] == ["rows", "row"]:
            self.row, self.n_rows = {}, self.n_rows + 1
            if self.n_rows > _MOST_ROWS:
                raise ReadError(
                    "the file has too many rows", file=self.file, expected=f"at most {_MOST_ROWS}"
                )

    def end(self, name: str) -> None:
        depth = len(self.path)
        if depth == 5 and self.path[2:4] == ["rows", "row"]:
            self.row[name] = "".join(self.said)
        elif depth == 4 and self.path[2:] == ["rows", "row"]:
            self.tables.setdefault(self.path[1], []).append(self.row)
        elif 1 < depth <= 3 and "".join(self.said).strip():
            self.tables[""].append({name: "".join(self.said).strip()})
        if depth <= 5:
            self.said.clear()
        self.path.pop()


def read_lss(tables: Mapping[str, list[dict[str, str]]], draft: Draft) -> Questionnaire:
    """Take over what an LSS file holds.

    Parameters
    ----------
    tables : mapping
        As `tables_of` gives it.
    draft : Draft
        Takes it, and what is dropped.
    """
    reader = _Reader(tables, draft)
    for gid, group in reader.groups.items():
        reader.group(gid, group)
    for qid, name in reader.names.items():
        if qid not in reader.seen:
            draft.drop("question_unused", name)
    for table, code in (("quota", "flow"), ("assessments", "flow")):
        if tables.get(table):
            draft.drop(code, table)
    told = reader.by_language("surveys_languagesettings", "surveyls_language")
    texts = [
        draft.text({code: told.get(code, {}).get(f"surveyls_{part}") for code in LANGUAGES}, part)
        for part in ("title", "welcometext", "endtext")
    ]
    return draft.finish(*texts)


class _Reader:
    def __init__(self, tables: Mapping[str, list[dict[str, str]]], draft: Draft) -> None:
        self.tables, self.draft = tables, draft
        self.codes = self._languages()
        self.groups = _ordered(_by(tables.get("groups", ()), "gid"), "group_order")
        every = [*tables.get("questions", ()), *tables.get("subquestions", ())]
        self.questions = _ordered(_by([one for one in every if _top(one)], "qid"), "question_order")
        self.rows: dict[str, dict[str, Row]] = {}
        for qid, one in _ordered(
            _by([one for one in every if not _top(one)], "qid"), "question_order"
        ).items():
            self.rows.setdefault(one.get("parent_qid", ""), {})[qid] = one
        self.names = _names(self.questions)
        self.seen: set[str] = set()
        self._texts = self._all_texts()
        self._offered = self._all_answers()
        self._attributes: dict[str, dict[str, dict[str, str]]] = {}
        for one in tables.get("question_attributes", ()):
            values = self._attributes.setdefault(one.get("qid", ""), {}).setdefault(
                one.get("attribute", ""), {}
            )
            values[one.get("language", "")] = one.get("value", "")
        survey = next(iter(tables.get("surveys", ())), {})
        self.one_by_one = survey.get("format") == "S"
        often = Counter(one.get("title", "") for one in self.questions.values())
        self.by_name = {
            title: qid for qid, one in self.questions.items() if often[title := one.get("title", "")] == 1
        }

    def _languages(self) -> dict[str, Language]:
        """Code in the file -> our language; of two kinds of Dutch the informal one."""
        given = [one["language"] for one in self.tables[""] if "language" in one]
        given += [one.get("surveyls_language", "") for one in self.tables.get("surveys_languagesettings", ())]
        chosen: dict[Language, str] = {}
        for code in sorted(dict.fromkeys(filter(None, given)), key=lambda one: ("informal" not in one, one)):
            language = spoken(code)
            if language is None or language in chosen:
                self.draft.drop("language", code[:20])
            else:
                chosen[language] = code
        return {code: language for language, code in chosen.items()}

    def by_language(self, table: str, field: str) -> dict[str, Row]:
        """Rows of a table by our languages."""
        rows = self.tables.get(table, ())
        return {self.codes[code]: one for one in rows if (code := one.get(field, "")) in self.codes}

    def _all_texts(self) -> dict[tuple[str, str], dict[str, Row]]:
        """("g" or "q", id) -> our language -> row with the words."""
        found: dict[tuple[str, str], dict[str, Row]] = {}
        places = (("groups", "g", "gid"), ("group_l10ns", "g", "gid"), ("questions", "q", "qid"),
                  ("subquestions", "q", "qid"), ("question_l10ns", "q", "qid"))  # fmt: skip
        for table, kind, key in places:
            for one in self.tables.get(table, ()):
                language = self.codes.get(one.get("language", ""))
                if language and ("question" in one or "group_name" in one):
                    found.setdefault((kind, one.get(key, "")), {})[language] = one
        return found

    def _all_answers(self) -> dict[tuple[str, str], list[Answer]]:
        """(question, scale) -> answers in order."""
        words: dict[str, dict[str, str]] = {}
        for one in self.tables.get("answer_l10ns", ()):
            if language := self.codes.get(one.get("language", "")):
                words.setdefault(one.get("aid", ""), {})[language] = one.get("answer", "")
        found: dict[tuple[str, str], dict[str, dict[str, str]]] = {}
        rows = sorted(self.tables.get("answers", ()), key=lambda one: _order(one, "sortorder"))
        for one in rows:
            key = (one.get("qid", ""), one.get("scale_id") or "0")
            said = found.setdefault(key, {}).setdefault(one.get("code", ""), {})
            said.update(words.get(one.get("aid", "-"), {}))
            if language := self.codes.get(one.get("language", "")):
                said[language] = one.get("answer", "")
        return {
            key: [Answer(code, said, place) for place, (code, said) in enumerate(codes.items(), start=1)]
            for key, codes in found.items()
        }

    # the way through

    def group(self, gid: str, group: Row) -> None:
        name = self._text("g", gid, "group_name", gid)
        shown = (name.en or name.nl or gid)[:60]
        asked_if = self._condition(group.get("grelevance", ""), shown)
        if group.get("randomization_group"):
            self.draft.drop("random", shown)
        self.draft.page(name, asked_if)
        self.draft.words(self._text("g", gid, "description", shown))
        for qid, one in self.questions.items():
            if one.get("gid", "") == gid:
                self.seen.add(qid)
                self.question(qid, self.names[qid], one)
                if self.one_by_one:
                    self.draft.turn()

    def find(self, name: str) -> tuple[Known, str] | None:
        """What a variable of an equation became: a question and, of several, the option."""
        coded = re.fullmatch(r"\d+X\d+X(\d+)(.*)", name)
        if coded:
            return self._known(coded[1], coded[2].lstrip("_"))
        if name in self.by_name:
            return self._known(self.by_name[name], "")
        title, _, row = name.rpartition("_")
        return self._known(self.by_name.get(title, ""), row)

    def _known(self, qid: str, row: str) -> tuple[Known, str] | None:
        source = self.names.get(qid, "")
        if one := self.draft.known.get((source, row)):
            return one, ""
        one = self.draft.known.get((source, ""))
        return (one, row) if one and row in one.values else None

    def _condition(self, equation: str, name: str) -> Condition | None:
        if equation.strip() in ("", "1"):
            return None
        found = condition_of(equation, self.find)
        if found is None:
            self.draft.drop("logic", f"{name} ({' '.join(equation.split())[:120]})")
        return found

    # words

    def _words(self, kind: str, id: str, field: str) -> dict[str, str]:
        return {code: one.get(field, "") for code, one in self._texts.get((kind, id), {}).items()}

    def _text(self, kind: str, id: str, field: str, name: str) -> Text:
        return self.draft.text(self._words(kind, id, field), name)

    def _attribute(self, qid: str, name: str, language: str = "") -> str:
        return self._attributes.get(qid, {}).get(name, {}).get(language, "").strip()

    # one question

    def question(self, qid: str, name: str, given: Row) -> None:
        kind = given.get("type", "")
        if self.draft.full:
            return self.draft.drop("question_many", name)
        if self._attribute(qid, "hidden") == "1":
            return self.draft.drop("question_hidden", name)
        condition = self._condition(given.get("relevance", ""), name)
        if kind == "X":
            if condition:
                self.draft.drop("logic", f"{name} ({given['relevance'][:120]})")
            return self.draft.words(self._stem(qid, name), name)
        asker = self._asker(kind)
        if asker is None:
            return self.draft.drop("question_kind", name, _KINDS.get(kind, plain(kind).words[:10] or "?"))
        asker(qid, name, kind, {"required": given.get("mandatory") == "Y", "asked_if": condition})
        if name in self.draft.taken:
            self._say_rest(qid, name, given)
        return None

    def _asker(self, kind: str) -> Callable[..., None] | None:
        by_kind: dict[str, Callable[..., None]] = {
            **dict.fromkeys("L!OYG", self._choice), **dict.fromkeys("MP", self._several),
            **dict.fromkeys("FHABCE1", self._array), **dict.fromkeys("STU", self._own_words),
            **dict.fromkeys("NK", self._numbers), "5": self._five, "Q": self._texts_in_rows,
            "R": self._ranking,
        }  # fmt: skip
        return by_kind.get(kind)

    def _say_rest(self, qid: str, name: str, given: Row) -> None:
        if given.get("type") in ("O", "P"):
            self.draft.drop("other_words", name)
        if given.get("other") == "Y" and given.get("type") != "!":
            self.draft.drop("other_words", name)
        if self._attribute(qid, "random_order") == "1" or self._attribute(qid, "answer_order") == "random":
            self.draft.drop("random", name)
        if self._attribute(qid, "array_filter") or self._attribute(qid, "array_filter_exclude"):
            self.draft.drop("carried", name)
        if any(row.get("relevance", "").strip() not in ("", "1") for row in self.rows.get(qid, {}).values()):
            self.draft.drop("option_logic", name)
        if given.get("preg") or self._attribute(qid, "em_validation_q"):
            self.draft.drop("validation", name)
        if any(one.get("cqid") and one.get("qid") == qid for one in self.tables.get("conditions", ())) and (
            given.get("relevance", "").strip() in ("", "1")
        ):
            self.draft.drop("logic", name)

    def _asked(self, qid: str, name: str) -> tuple[Text, Text]:
        return self._text("q", qid, "question", name), self._text("q", qid, "help", name)

    def _stem(self, qid: str, name: str) -> Text:
        """What stands above rows: the question and its help."""
        asked = self._asked(qid, name)
        return Text(
            **{
                code: "\n".join(filter(None, (one.say(code) for one in asked)))[: LIMITS.words]
                for code in LANGUAGES
            }
        )

    def _answers(self, qid: str, kind: str, scale: str = "0") -> list[Answer]:
        if kind in _FIXED:
            return [
                Answer(key, {"en": en, "nl": nl}, n) for n, (key, en, nl) in enumerate(_FIXED[kind], start=1)
            ]
        if kind in "5AB":
            return [Answer(str(n), {}, n) for n in range(1, 11 if kind == "B" else 6)]
        found = self._offered.get((qid, scale), [])[: LIMITS.questions]
        if self.questions[qid].get("other") == "Y" and kind in "L!":
            written = {
                code: self._attribute(qid, "other_replace_text", one) for one, code in self.codes.items()
            }
            other = {code: written[code] or _OTHER[code] for code in self.codes.values()}
            found = [*found, Answer("-oth-", other, len(found) + 1)]
        return found

    def _subquestions(self, qid: str, name: str) -> list[tuple[str, Text]]:
        rows = [*self.rows.get(qid, {}).items()][: LIMITS.questions]
        return [(one.get("title", id), self._text("q", id, "question", name)) for id, one in rows]

    def _choice(self, qid: str, name: str, kind: str, shared: Mapping[str, Any]) -> None:
        text, help = self._asked(qid, name)
        ask_choice(self.draft, name, text, self._answers(qid, kind), help=help, **shared)

    def _several(self, qid: str, name: str, kind: str, shared: Mapping[str, Any]) -> None:
        text, help = self._asked(qid, name)
        rows = [*self.rows.get(qid, {}).items()][: LIMITS.questions]
        offered = [Answer(one.get("title", id), self._words("q", id, "question")) for id, one in rows]
        if self.questions[qid].get("other") == "Y":
            offered.append(Answer("other", dict(_OTHER)))
        ask_choice(self.draft, name, text, offered, True, codes=False, help=help, **shared)

    def _five(self, qid: str, name: str, kind: str, shared: Mapping[str, Any]) -> None:
        text, help = self._asked(qid, name)
        one = Question("", "scale", text, help, min=1, max=5, **shared)
        self.draft.ask(name, name, one, {str(n): n for n in range(1, 6)})

    def _array(self, qid: str, name: str, kind: str, shared: Mapping[str, Any]) -> None:
        text, rows = self._stem(qid, name), self._subquestions(qid, name)
        if not rows:
            return self.draft.drop("question_options", name)
        for scale in ("0", "1") if kind == "1" else ("0",):
            answers = self._answers(qid, kind, scale)
            counted = [Answer(one.key, one.words, number_said(one.words)) for one in answers]
            if any(one.number is None for one in counted):
                counted = answers
            if kind in "CE":
                counted = [Answer(one.key, one.words) for one in answers]
            named = f"{name}_{scale}" if kind == "1" else name
            ask_grid(self.draft, Grid(name, named, text, rows, counted, **shared))
        return None

    def _own_words(self, qid: str, name: str, kind: str, shared: Mapping[str, Any]) -> None:
        text, help = self._asked(qid, name)
        self.draft.ask(name, name, Question("", "text", text, help, longest=self._longest(qid), **shared), {})

    def _longest(self, qid: str) -> int:
        given = self._attribute(qid, "maximum_chars")
        return (
            min(max(int(given), 1), LIMITS.answer_words)
            if re.fullmatch(r"\d{1,6}", given, re.ASCII)
            else 1000
        )

    def _texts_in_rows(self, qid: str, name: str, kind: str, shared: Mapping[str, Any]) -> None:
        self._rows(qid, name, shared, kind="text", longest=self._longest(qid))

    def _rows(self, qid: str, name: str, shared: Mapping[str, Any], **question: Any) -> None:
        rows = self._subquestions(qid, name)
        if not rows:
            return self.draft.drop("question_options", name)
        self.draft.words(self._stem(qid, name))
        low, high = question.get("min", 0), question.get("max", -1)
        for key, said in rows:
            one = Question(id="", text=said, **question, **shared)
            self.draft.ask(name, f"{name}_{key}", one, {str(n): n for n in range(low, high + 1)}, key)
        return self.draft.turn()

    def _numbers(self, qid: str, name: str, kind: str, shared: Mapping[str, Any]) -> None:
        ends = [
            self._attribute(qid, f"{end}_num_value_n") or self._attribute(qid, f"slider_{end}")
            for end in ("min", "max")
        ]
        if not all(re.fullmatch(r"-?\d{1,5}", one, re.ASCII) for one in ends):
            return self.draft.drop("question_scale", name)
        low, high = map(int, ends)
        if not 1 <= high - low <= LIMITS.span:
            return self.draft.drop("question_scale", name)
        if kind == "K":
            return self._rows(qid, name, shared, kind="scale", min=low, max=high)
        text, help = self._asked(qid, name)
        one = Question("", "scale", text, help, min=low, max=high, **shared)
        return self.draft.ask(name, name, one, {str(n): n for n in range(low, high + 1)})

    def _ranking(self, qid: str, name: str, kind: str, shared: Mapping[str, Any]) -> None:
        offered = [(one.key, one.words) for one in self._answers(qid, kind)]
        rows = self.rows.get(qid, {}).items()
        offered = offered or [(one.get("title", id), self._words("q", id, "question")) for id, one in rows]
        options = options_of(self.draft, name, offered)
        text, help = self._asked(qid, name)
        one = Question("", "ranking", text, help, options=tuple(options.values()), **shared)
        self.draft.ask(name, name, one, {})


def _top(one: Row) -> bool:
    return one.get("parent_qid", "0") in ("0", "")


def _by(rows: Iterable[Row], key: str) -> dict[str, Row]:
    found: dict[str, Row] = {}
    for one in rows:
        found.setdefault(one.get(key, ""), one)
    return found


def _order(one: Row, field: str) -> int:
    given = one.get(field, "")
    return int(given) if re.fullmatch(r"-?\d{1,9}", given, re.ASCII) else 0


def _ordered(rows: Mapping[str, Row], field: str) -> dict[str, Row]:
    return dict(sorted(rows.items(), key=lambda one: _order(one[1], field)))


def _names(questions: Mapping[str, Row]) -> dict[str, str]:
    """What each question is called: its code where no other has it, else with its number."""
    titles = {qid: plain(one.get("title", "")).words[:60] or qid[:60] for qid, one in questions.items()}
    often = Counter(titles.values())
    return {qid: title if often[title] == 1 else f"{title} ({qid[:60]})" for qid, title in titles.items()}
