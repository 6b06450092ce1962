"""The messages that cost most: what they say, with the words that did it marked, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from verbond.expressions.kinds import CONFLICTS
from verbond.expressions.picture import CostlyMessage, ExpressionPicture
from verbond.expressions.rating import Evidence
from verbond.method import CIRCLE, RELATIONSHIP_TYPES
from verbond.reports.expressions.names import ROOM, group_name, kept, kind_name, side_name
from verbond.reports.loyalty.columns import columns_of
from verbond.reports.parts import Piece, Quote, Section, filled, speaker
from verbond.reports.tables import Table
from verbond.results import Language
from verbond.results.wording import format_value

__all__ = ["section"]

_HOW = ("cost_by_reach", "cost_by_probability")
_NAMES = {one.id: one.name for one in (*RELATIONSHIP_TYPES, *CIRCLE)}


def section(picture: ExpressionPicture, language: Language) -> Section:
    """At most ten messages, the costliest first.

    Parameters
    ----------
    picture : ExpressionPicture
    language : {"en", "nl"}
    """
    say = speaker(ROOM, language)
    if not picture.worst:
        if picture.worst_by == "hidden":
            return Section("expressions-worst", say("title_worst"), empty=say("hidden_worst"))
        code = "empty_worst" if picture.promise is not None else "empty_worst_promise"
        return Section("expressions-worst", say("title_worst"), empty=say(code))
    quotes = tuple(_quote(one, n, language) for n, one in enumerate(picture.worst, 1))
    return Section(
        "expressions-worst",
        say("title_worst"),
        tables=filled(_table(picture, language)),
        how=(*kept(picture, _HOW, language), say("how_worst"), say("how_marks")),
        facts=(say(f"by_{picture.worst_by or 'probability'}"),),
        quotes=quotes,
    )


def _quote(one: CostlyMessage, number: int, language: Language) -> Quote:
    say = speaker(ROOM, language)
    facts = [side_name(one.side, language)]
    facts += [group_name(by, group, language) for by, group in _groups(one) if group]
    if one.day is not None:
        facts.append(format_value(one.day, "date", language))
    told = [say("chance", share=one.conflict)]
    if one.reach is not None and one.reach > 1:
        told.append(say("reach", n=one.reach))
    return Quote(
        number, tuple(pieces_of(one.text, one.words)), one.language, tuple(facts), tuple(told),
        one.reason.sentence(language), tuple(_words(one.words, language)), say("words"),
        "bad" if one.conflict >= CONFLICTS else "caution",
    )  # fmt: skip


def _groups(one: CostlyMessage) -> tuple[tuple[str, str], tuple[str, str]]:
    return ("department", one.department), ("channel", one.channel)


def pieces_of(text: str, words: Sequence[Evidence]) -> Iterator[Piece]:
    """A text in pieces, marked and not; what overlaps an earlier mark is left.

    Examples
    --------
    >>> [(p.text, p.mark) for p in pieces_of("Geen korting nu", [Evidence(5, 12, "korting", "market", True)])]
    [('Geen ', ''), ('korting', 'refused'), (' nu', '')]
    """
    at = 0
    for word in sorted(words, key=lambda w: (w.start, -w.end)):
        if word.start < at or not at <= word.start < word.end <= len(text):
            continue
        if word.start > at:
            yield Piece(text[at : word.start])
        yield Piece(text[word.start : word.end], "refused" if word.is_negated else "counts")
        at = word.end
    if at < len(text):
        yield Piece(text[at:])


def _words(words: Sequence[Evidence], language: Language) -> Iterator[tuple[str, str]]:
    """Each different word once, and what it stands for."""
    say, once = speaker(ROOM, language), {word.text.lower(): word for word in reversed(words)}
    for word in words:
        if once.pop(word.text.lower(), None) is None:
            continue
        name = _NAMES.get(word.stands_for)
        meaning = say("passage") if name is None else name.say(language)
        yield word.text, f"{meaning}, {say('refused')}" if word.is_negated else meaning


def _table(picture: ExpressionPicture, language: Language) -> Table:
    columns = columns_of(
        ROOM, language, rank="count", message="text", speaker="text", department="text", channel="text",
        day="date", kind="text", conflict="percent", reach="count", cost="number1",
    )  # fmt: skip
    rows = tuple(
        {
            "rank": n, "message": one.text, "speaker": side_name(one.side, language),
            **{by: group_name(by, group, language) if group else None for by, group in _groups(one)},
            "day": one.day, "kind": kind_name(one.relationship, language) if one.relationship else None,
            "conflict": one.conflict, "reach": one.reach, "cost": one.cost,
        }
        for n, one in enumerate(picture.worst, 1)
    )  # fmt: skip
    return Table(
        "expressions-worst", speaker(ROOM, language)("caption_worst"), columns, rows, language=language
    )
