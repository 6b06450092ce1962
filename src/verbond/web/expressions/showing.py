"""An audit as a page shows it and as files hold it."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from verbond.expressions.kinds import CONFLICTS, FITS, LIKE, RELATIONSHIPS, VALUES
from verbond.method import CIRCLE, RELATIONSHIP_TYPES, Text
from verbond.results import Language, Reason, protect_cell, sentence
from verbond.results.wording import entries, format_value
from verbond.web.expressions.auditing import STATES, hash_of, labels_of
from verbond.web.store.models import ExpressionAudit, Label

__all__ = ["FORMS", "PER_PAGE", "Shown", "file_of", "ordered", "page_of"]

PER_PAGE = 25
FORMS = {"csv": "text/csv; charset=utf-8", "json": "application/json"}
ROOM = "web_expressions"
_FACTS = ("speaker", "channel", "department", "date")


@dataclass(frozen=True, slots=True)
class Word:
    """Words of a message that did it."""

    text: str
    stands_for: str
    is_negated: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """One message as the page shows it.

    Attributes
    ----------
    number : int
        In the audit, from 0.
    state : str
        One of `STATES`.
    marked : Markup
        Its text, the words that did it in <mark>.
    reason, chance : str
        Sentences.
    conflict : float or None
    nearest : mapping or None
    words : tuple of Word
    facts : tuple of str
    labels : list of Label
    """

    number: int
    state: str
    marked: Markup
    reason: str
    chance: str
    conflict: float | None
    nearest: Mapping[str, Any] | None
    words: tuple[Word, ...]
    facts: tuple[str, ...]
    labels: Sequence[Label]


def state_of(judged: Mapping[str, Any]) -> str:
    """One of `STATES`."""
    return judged["verdict"] or "abstained"


def ordered(audit: ExpressionAudit, state: str = "") -> list[int]:
    """Numbers of the messages, those that conflict first and the surest of them first of all."""
    judged = audit.outcome["messages"]
    wanted = [n for n, one in enumerate(judged) if state in ("", state_of(one))]
    return sorted(
        wanted, key=lambda n: (STATES.index(state_of(judged[n])), -(judged[n]["conflict"] or 0.0), n)
    )


def page_of(audit: ExpressionAudit, numbers: Sequence[int], language: Language) -> list[Shown]:
    """Some messages, ready to be shown."""
    said = labels_of([audit.messages[n]["text"] for n in numbers], audit.organisation)
    return [_shown(audit, n, language, said.get(hash_of(audit.messages[n]["text"]), ())) for n in numbers]


def _shown(audit: ExpressionAudit, number: int, language: Language, labels: Sequence[Label]) -> Shown:
    row, one = audit.messages[number], audit.outcome["messages"][number]
    conflict = one["conflict"]
    return Shown(
        number, state_of(one), _marked(row["text"], one["words"]), reason_said(one["reason"], language),
        "" if conflict is None else sentence(f"{ROOM}.chance_{step_of(conflict)}", language, p=conflict),
        conflict, _worth_showing(one),
        tuple(Word(text, named(what, language), negated) for _, _, text, what, negated in one["words"]),
        tuple(_fact(row, name, language) for name in _FACTS if row.get(name)), labels,
    )  # fmt: skip


def _worth_showing(one: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The nearest example, where it is near and the reason does not say it already."""
    nearest, values = one["nearest"], (one["reason"] or {"values": {}})["values"]
    if nearest is None or nearest["similarity"] < LIKE or nearest["text"] in values.values():
        return None
    return nearest  # type: ignore[no-any-return]


def _fact(row: Mapping[str, str], name: str, language: Language) -> str:
    if name == "speaker":
        return sentence(f"{ROOM}.from_{row[name]}", language)
    if name == "date":
        return format_value(dt.date.fromisoformat(row[name]), "date", language)
    return row[name]


def step_of(p: float) -> str:
    """A probability in words: the words are ours, the number stands beside them."""
    for name, least in (("almost_sure", 0.95), ("likely", CONFLICTS), ("even", FITS), ("unlikely", 0.1)):
        if p >= least:
            return name
    return "hardly"


def reason_said(reason: Mapping[str, Any] | None, language: Language) -> str:
    """A kept reason as a sentence; "" where the wording does not know it any more."""
    if reason is None or reason["code"] not in entries(language):
        return ""
    return Reason(
        reason["code"], {name: _spoken(value) for name, value in reason["values"].items()}
    ).sentence(language)


def _spoken(value: Any) -> Any:
    """What was a text in both languages is one again."""
    return Text(**value) if isinstance(value, dict) and set(value) == {"en", "nl"} else value


def named(what: str, language: Language) -> str:
    """A relationship type, a value of the circle, or what else words can be, in words."""
    known = {one.id: one.name for one in (*RELATIONSHIP_TYPES, *CIRCLE)}
    if what in known:
        return known[what].say(language)
    code = f"{ROOM}.word_{what}"
    return sentence(code, language) if code in entries(language) else what


def _marked(text: str, words: Sequence[Sequence[Any]]) -> Markup:
    """The text with its words in <mark>, those that are refused in <mark class="refused">."""
    parts, at = [], 0
    for start, end, said, _, negated in sorted(words, key=lambda one: (one[0], -one[1])):
        if start < at or text[start:end] != said:  # within one that is marked, or what stood there is gone
            continue
        kind = Markup(' class="refused"') if negated else Markup("")
        parts += [Markup.escape(text[at:start]), Markup("<mark{}>{}</mark>").format(kind, said)]
        at = end
    return Markup("").join([*parts, Markup.escape(text[at:])])


# files


def rows_of(audit: ExpressionAudit, language: Language) -> Iterator[dict[str, Any]]:
    """A row a message, in the order in which they were brought."""
    for row, one in zip(audit.messages, audit.outcome["messages"], strict=True):
        nearest = one["nearest"] or {}
        yield {
            "text": row["text"], **{name: row.get(name, "") for name in _FACTS}, "language": one["language"],
            "verdict": one["verdict"], "conflict": one["conflict"],
            "reason": reason_said(one["reason"], language),
            "nearest": nearest.get("text", ""), "nearest_side": nearest.get("side", ""),
            "words": [word[2] for word in one["words"]],
            "relationship": one["relationship"], "values": one["values"],
        }  # fmt: skip


def file_of(audit: ExpressionAudit, form: str, language: Language) -> bytes:
    """An audit as JSON, or as a table whose cells are safe in a spreadsheet."""
    rows = list(rows_of(audit, language))
    if form == "json":
        facts = {"name": audit.name, "promise": audit.promise.text, "rater": audit.outcome["rater"]}
        said = {**facts, "counts": audit.outcome["counts"], "messages": rows}
        return json.dumps(said, ensure_ascii=False, indent=1).encode()
    text = io.StringIO()
    flat = [_flat(row) for row in rows]
    writer = csv.DictWriter(text, list(flat[0]))
    writer.writeheader()
    writer.writerows({name: protect_cell(value) for name, value in row.items()} for row in flat)
    return text.getvalue().encode("utf-8-sig")


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    kinds = {f"relationship_{one}": row["relationship"].get(one, "") for one in RELATIONSHIPS}
    values = {f"value_{one}": row["values"].get(one, "") for one in VALUES}
    others = {name: value for name, value in row.items() if name not in ("relationship", "values")}
    return {**others, "words": " | ".join(row["words"]), **kinds, **values}
