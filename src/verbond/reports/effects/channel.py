"""What channels do to customers: the sentences, what they did and what they answered, the tables behind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from verbond.effects.channel.results import AnswerChange, ChannelReading, ChannelResult
from verbond.effects.past.results import PastEffect, PastResult
from verbond.method import named, spoken
from verbond.numerics.disclosure import rounded_people
from verbond.plots import Change, SpanColumn, SpanFigure, SpanRow, draw_changes, draw_spans
from verbond.reports.loyalty.columns import columns_of
from verbond.reports.parts import Picture, Said, Section, both, capital, filled, speaker, toned
from verbond.reports.tables import Row, Table
from verbond.results import Language

if TYPE_CHECKING:
    from verbond.diagnosis import EffectsResults

__all__ = ["section", "sections"]

ROOM = "effects_channel"
PER_100 = 100.0
"""Behaviour is told of a hundred customers, shares in points."""
_TONES = {"strengthens": "good", "weakens": "bad", "unchanged": "neutral", "cannot_tell": "caution"}
_GOOD = {"strengthens": True, "weakens": False}
_SCORES = ("experience", "trust")


def sections(effects: EffectsResults, language: Language) -> tuple[Section, ...]:
    """The section, as a diagnosis holds it.

    Parameters
    ----------
    effects : EffectsResults
    language : {"en", "nl"}
    """
    return (section(effects.channel, language),) if effects.channel is not None else ()


def section(result: ChannelResult, language: Language) -> Section:
    """What channels do.

    Parameters
    ----------
    result : ChannelResult
    language : {"en", "nl"}

    Returns
    -------
    Section
        With the reason in place of figures where there is no such channel.
    """
    say = speaker(ROOM, language)
    if not result.channels:
        return Section("channel", say("title"), empty=" ".join(r.sentence(language) for r in result.reasons))
    how = [
        f"{channel_name(one, language)}: {' '.join(r.sentence(language) for r in one.reasons)}"
        for one in result.channels
    ]
    return Section(
        "channel",
        say("title"),
        tuple(_said(result.channels, language)),
        (*_behaviour_pictures(result.channels, language), *_answer_pictures(result.channels, language)),
        filled(_behaviour_table(result.channels, language), _answers_table(result.channels, language)),
        (say("how_beside"), say("how_answers"), *how),
    )


def channel_name(one: ChannelReading, language: Language) -> str:
    """What a channel is called, with a capital."""
    return capital(spoken(one.label or named(one.action), language))


def _said(channels: Sequence[ChannelReading], language: Language) -> Iterator[Said]:
    for one in channels:
        yield toned(one.headline, _TONES[one.verdict], language)


def _behaviour_pictures(channels: Sequence[ChannelReading], language: Language) -> tuple[Picture, ...]:
    say = speaker(ROOM, language)
    rows = [
        SpanRow(
            _outcome(past, language), *(_figure(past, span) for span in ("short", "long")), kind="number1",
            group=channel_name(one, language), scale=past.outcome,
        )
        for one in channels
        for past in one.past
        if past.effects
    ]  # fmt: skip
    if not rows:
        return ()
    columns = tuple(SpanColumn(say(f"span_{span}"), say(f"months_{span}")) for span in ("short", "long"))
    title, see = say("title_behaviour"), say("see_behaviour")
    return both(
        lambda **size: draw_spans(
            rows, columns, title=title, less=say("less"), more=say("more"), unknown=say("unknown"),
            language=language, **size,
        ),
        see, "channel-behaviour",
    )  # fmt: skip


def _outcome(past: PastResult, language: Language) -> str:
    if past.outcome in _SCORES:
        return capital(spoken(named(past.outcome), language))
    return capital(speaker(ROOM, language)(f"outcome_{past.outcome}"))


def _figure(past: PastResult, span: str) -> SpanFigure | None:
    effect = past.effect(span)
    return None if effect is None else SpanFigure(*_scaled(past, effect), good=_GOOD.get(effect.verdict))


def _scaled(past: PastResult, effect: PastEffect) -> tuple[float, float, float]:
    scale = 1.0 if past.outcome in _SCORES else PER_100
    bounds = (effect.effect_size, effect.effect_size_ci_lower, effect.effect_size_ci_upper)
    return tuple(scale * v for v in bounds)  # type: ignore[return-value]


def _answer_pictures(channels: Sequence[ChannelReading], language: Language) -> tuple[Picture, ...]:
    say = speaker(ROOM, language)
    rows = [
        Change(
            capital(spoken(named(change.name), language)), *_points(change),
            say("note_people", n=rounded_people(change.difference.n_obs)),
            channel_name(one, language), True if change.name in _SCORES else None,
        )
        for one in channels
        for change in one.answers
        if change.difference.value is not None
    ]  # fmt: skip
    if not rows:
        return ()
    title, see = say("title_answers"), say("see_answers")
    return both(
        lambda **size: draw_changes(rows, title=title, kind="number1", language=language, **size),
        see,
        "channel-answers",
    )


def _scale(name: str) -> float:
    return 1.0 if name in _SCORES else PER_100


def _points(change: AnswerChange) -> tuple[float, float, float]:
    e, scale = change.difference, _scale(change.name)
    return tuple(scale * (v or 0.0) for v in (e.value, e.ci_lower, e.ci_upper))  # type: ignore[return-value]


def _behaviour_table(channels: Sequence[ChannelReading], language: Language) -> Table:
    columns = columns_of(
        ROOM, language, channel="text", what="text", n="count", others="count", short="number1",
        short_lower="number1", short_upper="number1", short_word="text", long="number1",
        long_lower="number1", long_upper="number1", long_word="text",
    )  # fmt: skip
    rows = tuple(_behaviour_row(one, past, language) for one in channels for past in one.past)
    return Table("channel", speaker(ROOM, language)("caption_behaviour"), columns, rows, language=language)


def _behaviour_row(one: ChannelReading, past: PastResult, language: Language) -> Row:
    say = speaker(ROOM, language)
    row: dict[str, object] = {
        "channel": channel_name(one, language), "what": _outcome(past, language),
        "n": rounded_people(one.n_reached), "others": rounded_people(one.n_others),
    }  # fmt: skip
    for span in ("short", "long"):
        effect = past.effect(span)
        row[f"{span}_word"] = say(f"verdict_{effect.verdict if effect is not None else 'cannot_tell'}")
        if effect is not None:
            names = (span, f"{span}_lower", f"{span}_upper")
            row |= dict(zip(names, _scaled(past, effect), strict=True))
    return row


def _answers_table(channels: Sequence[ChannelReading], language: Language) -> Table:
    columns = columns_of(
        ROOM, language, channel="text", what="text", n="count", others="count", mean_reached="number1",
        mean_others="number1", difference="number1", lower="number1", upper="number1",
    )  # fmt: skip
    rows = []
    for one in channels:
        for change in one.answers:
            scale, e = _scale(change.name), change.difference
            values = {
                "mean_reached": change.reached.value, "mean_others": change.others.value,
                "difference": e.value, "lower": e.ci_lower, "upper": e.ci_upper,
            }  # fmt: skip
            rows.append(
                {
                    "channel": channel_name(one, language),
                    "what": capital(spoken(named(change.name), language)),
                    "n": rounded_people(change.reached.n_obs),
                    "others": rounded_people(change.others.n_obs),
                }
                | {name: None if v is None else scale * v for name, v in values.items()}
            )
    caption = speaker(ROOM, language)("caption_answers")
    return Table("channel_answers", caption, columns, tuple(rows), language=language)
