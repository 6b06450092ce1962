"""The action cards: all at a glance, then one each: short and long side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from string import ascii_letters, digits
from typing import TYPE_CHECKING
from zlib import crc32

from verbond.effects import ActionCard, CardRow, PastEffect
from verbond.effects.cards.results import SALES, About
from verbond.effects.cards.telling import PER_100, name_of, outcome_name, unit_of
from verbond.method import NAMES, named
from verbond.numerics.disclosure import rounded_people
from verbond.plots import SpanColumn, SpanFigure, SpanRow, SpanWord, draw_spans
from verbond.reports.loyalty.columns import columns_of
from verbond.reports.parts import Picture, Said, Section, both, capital, filled, speaker
from verbond.reports.tables import Row, Table
from verbond.results import Language, sentence
from verbond.results.groups import MIN_GROUP
from verbond.results.wording import format_value

if TYPE_CHECKING:
    from verbond.diagnosis import CardMove, EffectsResults

__all__ = ["card_section", "sections"]

ROOM = "effects_cards"
GLANCE_OUTCOME = "purchases"
_KINDS = {"discounted": "number1", "stays": "number1", "referrals": "number1", "complaints": "number1"}
_PLAIN, _LONGEST_ID = set(ascii_letters + digits + "_-"), 60
_MONEY = ("revenue", "margin")
_ABOUTS: tuple[About, ...] = ("sales", "relation")
_SPANS = ("short", "long")
_TONES = {"strengthens": "good", "weakens": "bad", "unchanged": "neutral", "cannot_tell": "caution"}
_GOOD = {"strengthens": True, "weakens": False}


def sections(effects: EffectsResults, language: Language) -> tuple[Section, ...]:
    """All actions at a glance, and a section each.

    Parameters
    ----------
    effects : EffectsResults
        With cards.
    language : {"en", "nl"}
    """
    result = effects.cards
    if result is None:
        return ()
    if not result.cards:
        why = " ".join(r.sentence(language) for r in result.reasons)
        return (Section("cards", speaker(ROOM, language)("title"), empty=why),)
    cards = (
        card_section(card, effects.moves_of(card), language, currency=result.currency)
        for card in result.cards
    )
    return (_glance(result.cards, result.currency, language), *cards)


def card_section(
    card: ActionCard, moves: Sequence[CardMove], language: Language, *, currency: str = ""
) -> Section:
    """One card.

    Parameters
    ----------
    card : ActionCard
    moves : sequence of CardMove
        What the ladder says of its kind.
    language : {"en", "nl"}
    currency : str
        Of money; empty where it is not known.
    """
    say, name, identity = speaker(ROOM, language), _name(card, language), _identity(card)
    tone = "neutral" if card.verdict == "cannot_tell" and card.is_told else _TONES[card.verdict]
    said = Said(tone, sentence(f"report.tone_{tone}", language), card.headline.sentence(language))
    rows = [*(_row(row, language) for row in card.rows), *_group_rows(card, language)]
    return Section(
        identity, name, (said,),
        _pictures(rows, card, name, say("see"), identity, language) if card.rows else (),
        filled(_table(card, language), _groups_table(card, language), _moves_table(card, moves, language)),
        (
            say("how_beside"),
            say("how_hundred"), say("how_words"),
            *(reason.sentence(language) for reason in card.reasons),
        ) if card.rows else tuple(reason.sentence(language) for reason in card.reasons),
        facts=tuple(_facts(card, currency, language)),
        notes=tuple(_notes(card, moves, currency, language)),
        fold=say("fold" if card.rows else "fold_why") if not card.is_told else "",
    )  # fmt: skip


def _name(card: ActionCard, language: Language) -> str:
    name = name_of(card)
    return name if isinstance(name, str) else name.say(language)


def _kind(kind: str, language: Language) -> str:
    name = named(kind)
    return name.replace("_", " ") if isinstance(name, str) else name.say(language)


def _identity(card: ActionCard) -> str:
    written = "".join(c if c.isalnum() and c.isascii() else "-" for c in card.action)
    if len(written) > _LONGEST_ID or set(card.action) - _PLAIN:  # part of a file's name: short, and its own
        written = f"{written[:_LONGEST_ID]}-{crc32(card.action.encode()):08x}"
    return f"card-{'kind-' if card.is_kind else ''}{written}"


def _money(value: float, kind: str, currency: str, language: Language, *, signed: bool = False) -> str:
    """An amount; its sign and its unit are never parted by the end of a line."""
    sign = "−\u2060" if value < 0 else "+\u2060" if signed and value > 0 else ""
    return sign + unit_of(currency).say(language) + format_value(abs(value), kind, language)


def _facts(card: ActionCard, currency: str, language: Language) -> Iterator[str]:
    say = speaker(ROOM, language)
    if card.first_day is not None and card.last_day is not None:
        same = (card.first_day.year, card.first_day.month) == (card.last_day.year, card.last_day.month)
        code = "fact_actions" if card.is_kind else "fact_one" if same else "fact_time"
        yield say(
            code, kind=capital(_kind(card.kind, language)), n=card.n_actions, first=card.first_day,
            last=card.last_day,
        )  # fmt: skip
    if card.n_reached >= MIN_GROUP:
        yield say("fact_reached", n=rounded_people(card.n_reached))
    if card.cost is None:
        yield say("fact_no_cost")
    elif card.cost and card.cost_per_customer is not None:
        cost, each = (
            _money(value, kind, currency, language)
            for value, kind in ((card.cost, "number0"), (card.cost_per_customer, "number2"))
        )
        yield say("fact_cost", cost=cost, each=each)
    if card.aim is not None:
        yield say(f"fact_aim_{card.aim}")


def _notes(
    card: ActionCard, moves: Sequence[CardMove], currency: str, language: Language
) -> Iterator[tuple[str, str]]:
    say = speaker(ROOM, language)
    if card.sold is not None and card.kept is not None and card.cost_per_customer is not None:
        values = {
            f"{name}{end}": _money(getattr(one, field), "number2", currency, language, signed=True)
            for name, one in (("sold", card.sold), ("kept", card.kept))
            for end, field in (("", "value"), ("_low", "ci_lower"), ("_high", "ci_upper"))
        }
        each = _money(card.cost_per_customer, "number2", currency, language)
        yield say("word_money"), say("money_both", each=each, **values)
    if card.shows_for is not None:
        what = outcome_name(card.shows_in).say(language)
        code = "lasts" if card.shows_for else "lasts_none"
        yield say("word_lasts"), say(code, n=card.shows_for, what=what)
    ladder = _ladder_said(card, moves, language)
    if ladder:
        yield say("word_ladder"), ladder
    yield say("word_sure"), say(f"sure_{card.sure}")
    promise = card.promise.reason.sentence(language) if card.promise is not None else say("promise_open")
    yield say("word_promise"), promise


def _ladder_said(card: ActionCard, moves: Sequence[CardMove], language: Language) -> str:
    """What stands clear of chance on the ladder, and whether that is an effect."""
    everywhere = [one for one in moves if one.rung is None]
    if not everywhere:
        return ""
    say, kind = speaker(ROOM, language), _kind(card.kind, language)
    clear = [one for one in everywhere if one.certain]
    if not clear:
        return say("ladder_none", kind=kind)
    said = [
        say(
            f"ladder_{one.move}_{'more' if one.ratio > 1 else 'less'}", kind=kind, ratio=one.ratio,
            low=one.ratio_ci_lower, high=one.ratio_ci_upper,
        )
        for one in clear
    ]  # fmt: skip
    lot = "no_lot" if not clear[0].by_lot else "lot" if card.sure == "lot" else "partly"
    return " ".join([*said, say(f"ladder_{lot}")])


def _figure(effect: PastEffect | None) -> SpanFigure | None:
    if effect is None:
        return None
    bounds = (effect.effect_size, effect.effect_size_ci_lower, effect.effect_size_ci_upper)
    return SpanFigure(*(PER_100 * v for v in bounds), _GOOD.get(effect.verdict))


def _row(row: CardRow, language: Language) -> SpanRow:
    say, kind = speaker(ROOM, language), _KINDS.get(row.outcome, "number0")
    level = "" if row.level is None else format_value(PER_100 * row.level, kind, language)
    return SpanRow(
        capital(outcome_name(row.outcome).say(language)), _figure(row.short), _figure(row.long), kind,
        note=say("note_level", level=level) if level else "",
        group=say("group_sold" if row.outcome in SALES else "group_relation"),
        scale="money" if row.outcome in _MONEY else row.outcome,
    )  # fmt: skip


def _group_name(by: str, group: str, language: Language) -> str:
    if by == "tenure":
        return capital(sentence(f"{ROOM}.tenure_{group}", language))
    name = NAMES.get(group)
    return capital(name.say(language) if name is not None else group)


def _group_rows(card: ActionCard, language: Language) -> list[SpanRow]:
    say = speaker(ROOM, language)
    return [
        SpanRow(
            _group_name(one.by, one.group, language), _figure(one.short), _figure(one.long),
            note=say("note_n", n=rounded_people(one.n_reached)), group=say(f"group_{one.by}"), scale="groups",
        )
        for one in card.groups
    ]  # fmt: skip


def _columns(card: ActionCard | None, language: Language) -> tuple[SpanColumn, SpanColumn]:
    say = speaker(ROOM, language)

    def head(span: str) -> SpanColumn:
        if card is None:
            return SpanColumn(say(f"span_{span}"), say(f"months_{span}"))
        return SpanColumn(say(f"span_{span}"), _months(card, span, language))

    return head("short"), head("long")


def _words(card: ActionCard, language: Language) -> dict[str, tuple[SpanWord, SpanWord]]:
    """The verdicts on sales and on the relationship, by the name of their group."""
    say = speaker(ROOM, language)

    def word(about: About, span: str) -> SpanWord:
        verdict = card.verdict_of(span, about)
        return SpanWord(capital(say(f"verdict_{verdict or 'unknown'}")), _GOOD.get(verdict or ""))

    abouts: tuple[tuple[About, str], ...] = (("sales", "group_sold"), ("relation", "group_relation"))
    return {say(name): (word(about, "short"), word(about, "long")) for about, name in abouts}


def _months(card: ActionCard, span: str, language: Language) -> str:
    """The months that figures of a span are about, as far as they are known."""
    say = speaker(ROOM, language)
    first, last = next(
        ((one.first, one.last) for row in card.rows if (one := getattr(row, span)) is not None), (None, None)
    )
    if first is None or last is None:
        return say(f"months_{span}")
    if span == "short":
        return say("months_first", n=last + 1)
    return say("months_later", n=last - first + 1, first=first, last=last)


def _pictures(
    rows: Sequence[SpanRow], card: ActionCard | None, title: str, see: str, identity: str, language: Language
) -> tuple[Picture, ...]:
    say, columns = speaker(ROOM, language), _columns(card, language)
    return both(
        lambda **size: draw_spans(
            rows, columns, title=title, less=say("less"), more=say("more"), unknown=say("verdict_unknown"),
            language=language, words={} if card is None else _words(card, language), **size,
        ),
        see, identity,
    )  # fmt: skip


def _glance(cards: Sequence[ActionCard], currency: str, language: Language) -> Section:
    """All actions below one another."""
    say = speaker(ROOM, language)
    rows = []
    for card in cards:
        row = card.row(GLANCE_OUTCOME)
        if row is not None and card.sure in ("lot", "partly", "alike"):
            rows.append(SpanRow(_name(card, language), _figure(row.short), _figure(row.long), scale="all"))
    pictures = _pictures(rows, None, say("title"), say("see_glance"), "cards", language) if rows else ()
    return Section(
        "cards",
        say("title"),
        (),
        tuple(pictures),
        filled(_glance_table(cards, language)),
        (say("how_beside"), say("how_hundred"), say("how_words")),
    )


def _glance_table(cards: Sequence[ActionCard], language: Language) -> Table:
    say = speaker(ROOM, language)
    columns = columns_of(
        ROOM, language, action="text", cost="number0", each="number2", reached="count", sales_short="text",
        sales_long="text", relation_short="text", relation_long="text", by_lot="text",
    )  # fmt: skip
    rows: list[Row] = [
        {
            "action": _name(card, language), "cost": card.cost, "each": card.cost_per_customer,
            "reached": rounded_people(card.n_reached) if card.n_reached >= MIN_GROUP else None,
            "by_lot": say(f"short_sure_{card.sure}"),
        }
        | {f"{about}_{span}": _word(card, span, about, language) for about in _ABOUTS for span in _SPANS}
        for card in cards
    ]  # fmt: skip
    return Table("cards", say("caption_glance"), columns, tuple(rows), language=language)


def _word(card: ActionCard, span: str, about: About, language: Language) -> str:
    verdict = card.verdict_of(span, about)
    if verdict is None and not card.rows:
        verdict = "cannot_tell"
    return sentence(f"{ROOM}.verdict_{verdict or 'unknown'}", language)


def _spans(short: PastEffect | None, long: PastEffect | None) -> dict[str, float]:
    values = {}
    for name, one in (("short", short), ("long", long)):
        if one is not None:
            bounds = (one.effect_size, one.effect_size_ci_lower, one.effect_size_ci_upper)
            names = (name, f"{name}_lower", f"{name}_upper")
            values |= dict(zip(names, (PER_100 * v for v in bounds), strict=True))
    return values


def _table(card: ActionCard, language: Language) -> Table:
    say = speaker(ROOM, language)
    columns = columns_of(
        ROOM, language, outcome="text", level="number1", short="number1", short_lower="number1",
        short_upper="number1", short_word="text", long="number1", long_lower="number1",
        long_upper="number1", long_word="text",
    )  # fmt: skip
    rows: list[Row] = [
        {
            "outcome": capital(outcome_name(row.outcome).say(language)),
            "level": None if row.level is None else PER_100 * row.level,
            "short_word": say(f"verdict_{row.short.verdict}"),
            "long_word": say(f"verdict_{row.long.verdict if row.long else 'unknown'}"),
        }
        | _spans(row.short, row.long)
        for row in card.rows
    ]
    caption = say("caption", action=_name(card, language))
    return Table(_identity(card), caption, columns, tuple(rows), language=language)


def _groups_table(card: ActionCard, language: Language) -> Table:
    columns = columns_of(
        ROOM, language, group="text", n="count", short="number1", short_lower="number1",
        short_upper="number1", long="number1", long_lower="number1", long_upper="number1",
    )  # fmt: skip
    rows: list[Row] = [
        {"group": _group_name(one.by, one.group, language), "n": rounded_people(one.n_reached)}
        | _spans(one.short, one.long)
        for one in card.groups
    ]
    caption = speaker(ROOM, language)("caption_groups", action=_name(card, language))
    return Table(f"{_identity(card)}_groups", caption, columns, tuple(rows), language=language)


def _moves_table(card: ActionCard, moves: Sequence[CardMove], language: Language) -> Table:
    say = speaker(ROOM, language)
    columns = columns_of(
        ROOM, language, move="text", ratio="number2", lower="number2", upper="number2", n="count"
    )
    rows: list[Row] = [
        {
            "move": capital(say(f"rung_{one.move}")), "ratio": one.ratio, "lower": one.ratio_ci_lower,
            "upper": one.ratio_ci_upper, "n": one.n_obs,
        }
        for one in moves
        if one.rung is None
    ]  # fmt: skip
    caption = say("caption_rungs", kind=_kind(card.kind, language))
    return Table(f"{_identity(card)}_rungs", caption, columns, tuple(rows), language=language)
