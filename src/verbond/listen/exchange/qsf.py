"""Questionnaires of Qualtrics: a QSF file, which is JSON.

A block is a page, and pages break where they broke; a matrix becomes one question a row; text blocks become
the words above a page. Taken over: multiple choice, matrix, side by side, slider, net promoter, rank order,
text entry, form, and their translations; display logic and branches where they mean exactly what a condition
here can mean.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from verbond.listen.conditions import Condition
from verbond.listen.exchange.draft import Draft, Known, both, options_of, spoken
from verbond.listen.exchange.grids import Answer, Grid, ask_choice, ask_grid
from verbond.listen.exchange.plain import plain
from verbond.listen.exchange.qsf_logic import condition_of
from verbond.listen.questionnaire import LIMITS, NO_WORDS, Question, Questionnaire
from verbond.method.types import Text
from verbond.results import LANGUAGES

__all__ = ["is_qsf", "read_qsf"]

_MOST_ANSWERS = LIMITS.questions
"""Of one question that are looked at."""
_DEEP = 20
"""Branches in branches that are followed."""
_SEVERAL = ("MAVR", "MAHR", "MACOL", "MSB")
_ONE = ("SAVR", "SAHR", "SACOL", "DL", "SB")
_SAID_OF_FLOW = {
    "EndSurvey": "end", "WebService": "flow", "Authenticator": "flow", "Quota": "flow",
    "TableOfContents": "flow", "EmbeddedData": "fields", "ReferenceSurvey": "flow",
    "SupplementalData": "flow", "Conjoint": "flow",
}  # fmt: skip


def is_qsf(given: Any) -> bool:
    """Whether this, read from JSON, is a questionnaire of Qualtrics."""
    return (
        isinstance(given, Mapping)
        and "SurveyEntry" in given
        and isinstance(given.get("SurveyElements"), list)
    )


def read_qsf(given: Mapping[str, Any], draft: Draft) -> Questionnaire:
    """Take over what a QSF file holds.

    Parameters
    ----------
    given : mapping
        As `json.loads` gives it.
    draft : Draft
        Takes it, and what is dropped.
    """
    entry = _map(given.get("SurveyEntry"))
    reader = _Reader(given, draft, str(entry.get("SurveyLanguage") or "EN"))
    reader.flow(_flow(given), None, 0)
    for qid, name in reader.names.items():
        if qid not in reader.seen:
            draft.drop("question_unused", name)
    if any(_elements(given, "QO")):
        draft.drop("flow", "Quota")
    title = draft.text(dict.fromkeys(reader.languages, entry.get("SurveyName")), "SurveyName")
    return draft.finish(title)


def _map(given: Any) -> Mapping[str, Any]:
    """A table, also where PHP wrote it as a list."""
    if isinstance(given, Mapping):
        return given
    return {str(n): value for n, value in enumerate(given)} if isinstance(given, list) else {}


def _at(given: Any, key: str) -> Any:
    if isinstance(given, list):
        return given[int(key)] if re.fullmatch(r"\d{1,9}", key, re.ASCII) and int(key) < len(given) else None
    return given.get(key) if isinstance(given, Mapping) else None


def _elements(given: Mapping[str, Any], kind: str) -> Iterator[Mapping[str, Any]]:
    for one in given["SurveyElements"]:
        if isinstance(one, Mapping) and one.get("Element") == kind:
            yield one


def _flow(given: Mapping[str, Any]) -> Any:
    for one in _elements(given, "FL"):
        return _map(one.get("Payload")).get("Flow")
    return [
        {"Type": "Block", "ID": id} for id, block in _blocks(given).items() if block.get("Type") != "Trash"
    ]


def _blocks(given: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    found = {}
    for one in _elements(given, "BL"):
        for block in _map(one.get("Payload")).values():
            if isinstance(block, Mapping) and "ID" in block:
                found[str(block["ID"])] = block
    return found


class _Reader:
    def __init__(self, given: Mapping[str, Any], draft: Draft, language: str) -> None:
        self.draft = draft
        self.blocks = _blocks(given)
        self.questions = {
            str(one.get("PrimaryAttribute")): _map(one.get("Payload")) for one in _elements(given, "SQ")
        }
        self.names = _names(self.questions)
        self.seen: set[str] = set()
        self.seen_blocks: set[str] = set()
        self.base = language
        codes = {language, *(code for one in self.questions.values() for code in _map(one.get("Language")))}
        for code in sorted(codes):
            if spoken(code) is None:
                draft.drop("language", code[:20])
        self.languages = [code for code in LANGUAGES if code in {spoken(one) for one in codes}]

    def find(self, qid: str, row: str) -> Known | None:
        """What a question, or a row of it, became."""
        return self.draft.known.get((self.names.get(qid, ""), row))

    # the way through

    def flow(self, steps: Any, asked_if: Condition | None, depth: int) -> None:
        for step in _map(steps).values():
            if not isinstance(step, Mapping):
                continue
            kind = str(step.get("Type"))
            if kind in ("Block", "Standard", "Default"):
                self.block(str(step.get("ID")), asked_if)
            elif kind in ("Root", "Group", "Branch", "BlockRandomizer", "Randomizer") and depth < _DEEP:
                self.inside(kind, step, asked_if, depth + 1)
            elif kind in _SAID_OF_FLOW:
                self.draft.drop(_SAID_OF_FLOW[kind], kind)
            else:
                self.draft.drop("flow", plain(kind).words[:40])

    def inside(self, kind: str, step: Mapping[str, Any], asked_if: Condition | None, depth: int) -> None:
        name = plain(str(step.get("Description") or step.get("FlowID") or kind)).words[:60]
        if kind == "Branch":
            condition = condition_of(step.get("BranchLogic"), self.find)
            joined, exact = both(asked_if, condition)
            if condition is None or not exact:
                self.draft.drop("branch", f"{name} ({self._described(step.get('BranchLogic'))})")
            else:
                asked_if = joined
        elif "Randomizer" in kind:
            self.draft.drop("random", name)
        self.flow(step.get("Flow"), asked_if, depth)

    def _described(self, logic: Any) -> str:
        told = (
            str(one.get("Description", ""))
            for group in _map(logic).values() for one in _map(group).values() if isinstance(one, Mapping)
        )  # fmt: skip
        return plain(" ".join(told)).words.replace("\n", " ")[:120] or "?"

    def block(self, id: str, asked_if: Condition | None) -> None:
        block = self.blocks.get(id, {})
        name = plain(str(block.get("Description") or id)).words[:60]
        if id in self.seen_blocks:
            return self.draft.drop("again", name)
        self.seen_blocks.add(id)
        options = _map(block.get("Options"))
        if options.get("Looping") not in (None, "None", ""):
            self.draft.drop("loop", name)
        if options.get("RandomizeQuestions") not in (None, "false", False, ""):
            self.draft.drop("random", name)
        self.draft.page(asked_if=asked_if)
        for one in _map(block.get("BlockElements")).values():
            if isinstance(one, Mapping):
                self._element(one)
        return None

    def _element(self, one: Mapping[str, Any]) -> None:
        if one.get("Type") == "Page Break":
            return self.draft.turn()
        qid = str(one.get("QuestionID"))
        if qid not in self.questions or qid in self.seen:
            return None
        self.seen.add(qid)
        if one.get("SkipLogic"):
            self.draft.drop("skip", self.names[qid])
        self.question(self.names[qid], self.questions[qid])
        return None

    # one question

    def question(self, name: str, given: Mapping[str, Any]) -> None:
        kind, selector = str(given.get("QuestionType")), str(given.get("Selector"))
        if self.draft.full:
            return self.draft.drop("question_many", name)
        if kind == "DB":
            if given.get("DisplayLogic"):
                self.draft.drop("logic", name)
            if selector in ("GRB", "VTB") or given.get("Graphics"):
                self.draft.drop("pictured", name)
            return self.draft.words(self._text(given, ("QuestionText",), name), name)
        asker = self._asker(kind, selector)
        if asker is None:
            return self.draft.drop("question_kind", name, plain(f"{kind} {selector}").words[:40])
        n = len(self.draft.taken.get(name, ()))
        asker(name, given, self._condition(name, given))
        if len(self.draft.taken.get(name, ())) > n:
            self._say_rest(name, given)
        return None

    def _asker(self, kind: str, selector: str) -> Callable[..., None] | None:
        if kind == "MC" and selector in (*_ONE, *_SEVERAL, "NPS"):
            return self._choice
        if kind == "Matrix" and selector in ("Likert", "Bipolar", "DL"):
            return self._matrix
        if kind == "TE" and selector != "PW":
            return self._words
        return {"Slider": self._slider, "RO": self._ranking, "SBS": self._side_by_side}.get(kind)

    def _condition(self, name: str, given: Mapping[str, Any]) -> Condition | None:
        logic = given.get("DisplayLogic")
        condition = condition_of(logic, self.find) if logic else None
        if logic and condition is None:
            self.draft.drop("logic", f"{name} ({self._described(logic)})")
        return condition

    def _say_rest(self, name: str, given: Mapping[str, Any]) -> None:
        choices = [one for one in _map(given.get("Choices")).values() if isinstance(one, Mapping)]
        if any(one.get("TextEntry") not in (None, False, "false", "off") for one in choices):
            self.draft.drop("other_words", name)
        if any(one.get("DisplayLogic") for one in choices):
            self.draft.drop("option_logic", name)
        if given.get("Randomization") and _map(given["Randomization"]).get("Type") not in (None, "None"):
            self.draft.drop("random", name)
        if given.get("QuestionJS"):
            self.draft.drop("script", name)
        if given.get("DynamicChoices"):
            self.draft.drop("carried", name)
        if str(self._setting(given, "Type") or "None") not in ("None", "ValidNumber"):
            self.draft.drop("validation", name)

    @staticmethod
    def _setting(given: Mapping[str, Any], name: str) -> Any:
        return _map(_map(given.get("Validation")).get("Settings")).get(name)

    def _required(self, given: Mapping[str, Any]) -> bool:
        forced = self._setting(given, "ForceResponse") == "ON"
        return forced and self._setting(given, "ForceResponseType") != "RequestResponse"

    # words in both languages

    def _said(self, given: Mapping[str, Any], path: Sequence[str]) -> dict[str, Any]:
        """What stands at a place, by language: in the question itself and in its translations."""
        said: dict[str, Any] = {}
        versions = {
            self.base: given,
            **{code: _map(one) for code, one in _map(given.get("Language")).items()},
        }
        for code, version in versions.items():
            at: Any = version
            for part in path:
                at = _at(at, part)
            language = spoken(code)
            if language and isinstance(at, (str, int, float)) and not isinstance(at, bool):
                said.setdefault(language, str(at))
        return said

    def _text(self, given: Mapping[str, Any], path: Sequence[str], name: str) -> Text:
        return self.draft.text(self._said(given, path), name)

    def _answers(self, given: Mapping[str, Any], part: str = "Choices") -> list[Answer]:
        order = "ChoiceOrder" if part == "Choices" else "AnswerOrder"
        offered, recoded = _map(given.get(part)), _map(given.get("RecodeValues"))
        keys = [str(key) for key in _map(given.get(order)).values()]
        keys = [*dict.fromkeys([key for key in keys if key in offered] + [*offered])][:_MOST_ANSWERS]
        made = []
        for place, key in enumerate(keys, start=1):
            words = self._said(given, (part, key, "Display"))
            made.append(Answer(key, words, _whole(recoded.get(key, place))))
        return made

    # kinds

    def _choice(self, name: str, given: Mapping[str, Any], asked_if: Condition | None) -> None:
        answers, selector = self._answers(given), given.get("Selector")
        text = self._text(given, ("QuestionText",), name)
        if selector == "NPS":
            answers = [Answer(str(n), {}, n) for n in range(11)]
            ends = [self._text(given, ("ColumnLabels", key, "Display"), name) for key in ("0", "1")]
            labels = None if NO_WORDS in ends else (ends[0], ends[1])
            one = Question("", "scale", text, min=0, max=10, labels=labels, **self._shared(given, asked_if))
            return self.draft.ask(name, name, one, {str(n): n for n in range(11)})
        shared = self._shared(given, asked_if)
        return ask_choice(self.draft, name, text, answers, selector in _SEVERAL, **shared)

    def _shared(self, given: Mapping[str, Any], asked_if: Condition | None) -> dict[str, Any]:
        return {"required": self._required(given), "asked_if": asked_if}

    def _rows(self, given: Mapping[str, Any], name: str) -> list[tuple[str, Text]]:
        return [(one.key, self.draft.text(one.words, name)) for one in self._answers(given)]

    def _matrix(
        self, source: str, given: Mapping[str, Any], asked_if: Condition | None, column: str = ""
    ) -> None:
        stem, sub = self._text(given, ("QuestionText",), source), str(given.get("SubSelector"))
        if sub in ("DND", "CS", "Profile"):
            return self.draft.drop("question_kind", source, f"Matrix {sub}")
        rows, answers = self._rows(given, source), self._answers(given, "Answers")
        if not rows:
            return self.draft.drop("question_options", source)
        if given.get("Selector") == "Bipolar":
            return self._poles(source, stem, rows, len(answers), self._shared(given, asked_if))
        shared = self._shared(given, asked_if)
        name = f"{source}_{column}" if column else source
        several, ids = sub == "MultipleAnswer", {} if column else _tags(given)
        return ask_grid(self.draft, Grid(source, name, stem, rows, answers, several, ids=ids, **shared))

    def _poles(
        self, source: str, stem: Text, rows: Sequence[tuple[str, Text]], n: int, shared: Mapping[str, Any]
    ) -> None:
        """Rows such as "warm:cold", each with a word at both ends."""
        self.draft.words(stem)
        for key, said in rows:
            ends = [said.say(code).partition(":") for code in LANGUAGES]
            low, high = (
                Text(**{c: e[at].strip() for c, e in zip(LANGUAGES, ends, strict=True)}) for at in (0, 2)
            )
            text = Text(**{c: " – ".join(filter(None, e[::2])) for c, e in zip(LANGUAGES, ends, strict=True)})
            one = Question("", "scale", text, min=1, max=n, labels=(low, high), **shared)
            self.draft.ask(source, f"{source}_{key}", one, {str(k): k for k in range(1, n + 1)}, key)
        self.draft.turn()

    def _side_by_side(self, name: str, given: Mapping[str, Any], asked_if: Condition | None) -> None:
        self.draft.words(self._text(given, ("QuestionText",), name))
        for key, column in _map(given.get("AdditionalQuestions")).items():
            part = {**_map(column), "Choices": given.get("Choices"), "ChoiceOrder": given.get("ChoiceOrder")}
            if part.get("QuestionType") == "Matrix" and part.get("Selector") == "Likert":
                self._matrix(name, part, asked_if, key)
            else:
                self.draft.drop("question_part", f"{name} {key}")
        if name not in self.draft.taken:
            self.draft.drop("question_kind", name, "SBS")

    def _slider(self, name: str, given: Mapping[str, Any], asked_if: Condition | None) -> None:
        look = _map(given.get("Configuration"))
        low, high = _whole(look.get("CSSliderMin", 0)), _whole(look.get("CSSliderMax", look.get("StarCount")))
        if low is None or high is None or not 1 <= high - low <= LIMITS.span:
            return self.draft.drop("question_scale", name)
        keys = list(_map(given.get("Labels")))
        ends = [self._text(given, ("Labels", key, "Display"), name) for key in (*keys[:1], *keys[-1:])]
        if len(keys) > 2:
            self.draft.drop("middle", name)
        labels = (ends[0], ends[1]) if len(keys) > 1 and NO_WORDS not in ends else None
        rows, stem = self._rows(given, name), self._text(given, ("QuestionText",), name)
        values = {str(n): n for n in range(low, high + 1)}
        shared = {"min": low, "max": high, "labels": labels, **self._shared(given, asked_if)}
        if len(rows) < 2:
            key, said = rows[0] if rows else ("", NO_WORDS)
            text = stem if stem != NO_WORDS else said
            help = said if text is stem else NO_WORDS
            return self.draft.ask(name, name, Question("", "scale", text, help=help, **shared), values, key)
        self.draft.words(stem)
        for key, said in rows:
            named = _tags(given).get(key, f"{name}_{key}")
            self.draft.ask(name, named, Question("", "scale", said, **shared), values, key)
        return self.draft.turn()

    def _ranking(self, name: str, given: Mapping[str, Any], asked_if: Condition | None) -> None:
        options = options_of(self.draft, name, [(one.key, one.words) for one in self._answers(given)])
        text = self._text(given, ("QuestionText",), name)
        one = Question("", "ranking", text, options=tuple(options.values()), **self._shared(given, asked_if))
        self.draft.ask(name, name, one, {})

    def _words(self, name: str, given: Mapping[str, Any], asked_if: Condition | None) -> None:
        text = self._text(given, ("QuestionText",), name)
        longest = _whole(self._setting(given, "MaxChars") or 1000) or 1000
        shared = {"longest": min(max(longest, 1), LIMITS.answer_words), **self._shared(given, asked_if)}
        if given.get("Selector") != "FORM":
            return self.draft.ask(name, name, Question("", "text", text, **shared), {})
        self.draft.words(text)
        for key, said in self._rows(given, name):
            self.draft.ask(name, f"{name}_{key}", Question("", "text", said, **shared), {}, key)
        if name not in self.draft.taken:
            return self.draft.drop("question_options", name)
        return self.draft.turn()


def _tags(given: Mapping[str, Any]) -> dict[str, str]:
    """What a file calls the rows of a matrix, where it does."""
    tags = given.get("ChoiceDataExportTags")
    tags = tags.items() if isinstance(tags, Mapping) else ()
    return {key: tag[:60] for key, tag in tags if isinstance(tag, str) and tag.strip()}


def _names(questions: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """What each question is called: its tag where no other has it, else its number."""
    tags = {
        qid: plain(str(one.get("DataExportTag") or qid)).words[:60] or qid[:60]
        for qid, one in questions.items()
    }
    often = Counter(tags.values())
    return {qid: tag if often[tag] == 1 else f"{tag} ({qid[:60]})" for qid, tag in tags.items()}


def _whole(given: Any) -> int | None:
    text = str(given).strip()
    return int(float(text)) if re.fullmatch(r"-?\d{1,6}(\.0+)?", text, re.ASCII) else None
