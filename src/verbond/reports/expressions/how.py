"""How we know: who rated, what that was learned from, what has no judgement and why."""

from __future__ import annotations

from collections.abc import Iterator

from verbond.expressions.heads import shipped_heads
from verbond.expressions.picture import ExpressionPicture
from verbond.reports.expressions.names import ROOM, side_name, unplaced
from verbond.reports.loyalty.columns import columns_of
from verbond.reports.parts import Said, Section, filled, speaker, toned
from verbond.reports.tables import Row, Table
from verbond.results import Language

__all__ = ["section", "words_alone"]

_SPEAKERS = ("company", "employee", "customer")
_WORDS_ONLY = "expressions.words_only"
_TONGUES = ("nl", "en")


def section(picture: ExpressionPicture, language: Language) -> Section:
    """What these figures rest on.

    Parameters
    ----------
    picture : ExpressionPicture
    language : {"en", "nl"}
    """
    say = speaker(ROOM, language)
    left = picture.n_messages - picture.n_rated
    return Section(
        "expressions-how",
        say("title_how"),
        words_alone(picture, language),
        tables=filled(_abstained(picture, language), _languages(picture, language)),
        notes=tuple((say(f"word_{name}"), told) for name, told in _notes(picture, left, language)),
        how=tuple(reason.sentence(language) for reason in unplaced(picture) if reason.code != _WORDS_ONLY),
    )


def words_alone(picture: ExpressionPicture, language: Language) -> tuple[Said, ...]:
    """That only the word list was there, where that is so."""
    return tuple(toned(one, "caution", language) for one in picture.reasons if one.code == _WORDS_ONLY)


def _notes(picture: ExpressionPicture, left: int, language: Language) -> Iterator[tuple[str, str]]:
    say = speaker(ROOM, language)
    yield "rater", picture.rater
    n = _n_labels(picture.rater)
    if n:
        yield "labels", say("labels", n=n)
        yield "calibration", say("calibration")
    if picture.promise is not None:
        examples = (len(picture.promise.keeps), len(picture.promise.breaks))
        yield "promise", say("examples", keeps=examples[0], breaks=examples[1])
    yield "rated", say("rated_all" if not left else "rated_some", n=picture.n_rated, of=picture.n_messages)


def _n_labels(rater: str) -> int:
    """Labelled messages that ours learned from; 0 for a rater that is not ours."""
    heads = shipped_heads(rater.split(" ")[0])
    return heads.n_texts if heads is not None else 0


def _abstained(picture: ExpressionPicture, language: Language) -> Table:
    columns = columns_of(ROOM, language, side="text", why="text", n="count")
    rows: tuple[Row, ...] = tuple(
        {"side": side_name(name, language), "why": one.reason.sentence(language), "n": one.n_messages}
        for name in _SPEAKERS
        if name in picture.sides
        for one in picture.sides[name].abstained
    )
    caption = speaker(ROOM, language)("caption_abstained")
    return Table("expressions-abstained", caption, columns, rows, language=language)


def _languages(picture: ExpressionPicture, language: Language) -> Table:
    say = speaker(ROOM, language)
    columns = columns_of(ROOM, language, side="text", tongue="text", n="count")
    rows: tuple[Row, ...] = tuple(
        {
            "side": side_name(name, language), "n": n,
            "tongue": say(f"language_{tongue if tongue in _TONGUES else 'other'}"),
        }
        for name in _SPEAKERS
        if name in picture.sides
        for tongue, n in picture.sides[name].languages.items()
    )  # fmt: skip
    return Table("expressions-languages", say("caption_languages"), columns, rows, language=language)
