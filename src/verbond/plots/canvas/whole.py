"""Where everything of a canvas stands on one sheet: who we are and how we are seen overlap in what is shared.

From there a line leads on to mission, promise and first steps. A long workshop does not fit on a sheet: what
got most points comes first, and the sheet says how much more there is.
"""

from __future__ import annotations

from verbond.canvas import Outcome
from verbond.canvas.telling import day_text
from verbond.plots.canvas.hand import MARGIN, Hand
from verbond.plots.canvas.overlap import lay_overlap
from verbond.plots.canvas.row import lay_mission, lay_promise, lay_steps
from verbond.plots.lettering import WIDE, Face
from verbond.plots.sheet import Box, Rule, Sheet, draw_sheet
from verbond.results import Language

__all__ = ["canvas_sheet", "draw_canvas"]


def canvas_sheet(
    outcome: Outcome,
    language: Language = "en",
    *,
    width: float = 1189.0,
    height: float = 841.0,
    smallest: float = 9.0,
    face: Face = WIDE,
) -> Sheet:
    """Lay an outcome out on one sheet.

    Parameters
    ----------
    outcome : Outcome
    language : {"en", "nl"}
        Of headings.
    width, height : float
        Of the sheet; as given, millimetres of an A1.
    smallest : float
        The smallest type.
    face : Face
        The type in which it is read.

    Returns
    -------
    Sheet
        Nothing on it overlaps or leaves its box.
    """
    hand = Hand(outcome, language, width, height, smallest, face)
    _head(hand)
    lay_overlap(hand)
    lay_mission(hand)
    lay_promise(hand)
    lay_steps(hand)
    _foot(hand)
    say = hand.say
    title = say("title", company=outcome.company)
    return Sheet(width, height, title, _description(hand), language, tuple(hand.parts))


def _head(hand: Hand) -> None:
    made = hand.outcome
    inner = hand.width - 2 * MARGIN
    day = day_text(made.made_at, hand.language) if made.made_at else ""
    told = " · ".join(filter(None, (hand.say("canvas"), day)))
    company = hand.fit(made.company, 0.6 * inner, 46, (36, 30, 24, 18, 14), serif=True, bold=True, level=1)
    what = hand.fit(told, 0.38 * inner, 22, (17, 15), serif=True, ink="accent", align="end")
    name = hand.fit(made.name, 0.38 * inner, 20, (13, 11, 10), ink="text-soft", align="end")
    hand.lay(
        Box(MARGIN, MARGIN, 0.6 * inner, 46, (company,), middle=True, name="company"),
        Box(MARGIN + 0.62 * inner, MARGIN + 2, 0.38 * inner, 24, (what,), name="canvas"),
        Box(MARGIN + 0.62 * inner, MARGIN + 26, 0.38 * inner, 20, (name,), name="told"),
        Rule(((MARGIN, MARGIN + 54), (hand.width - MARGIN, MARGIN + 54)), "wood", 4.0),
    )


def _foot(hand: Hand) -> None:
    """What is not on the sheet, and where it is."""
    loose = [one for one in hand.outcome.notes if one.field not in ("identity", "image")]
    hand.left["notes"] += len(loose)
    names = [hand.say(f"left_{what}", n=n) for what, n in hand.left.items() if n > 0]
    told = hand.say("left", things=names) if names else hand.say("short") if hand.cut else ""
    if not told:
        return
    words = hand.fit(told, hand.width - 2 * MARGIN, 15, (10.5, 10, 9), ink="text-soft")
    y = hand.height - MARGIN - 13
    hand.lay(Box(MARGIN, y, hand.width - 2 * MARGIN, 15, (words,), name="left"))


def _description(hand: Hand) -> str:
    made, say = hand.outcome, hand.say
    told = [say("describe_notes", identity=len(made.in_field("identity")), image=len(made.in_field("image")))]
    if made.shared:
        told.append(say("describe_values", names=[one.name for one in made.shared]))
    if made.mission:
        told.append(say("describe_mission", text=made.mission.text))
    if made.promise:
        told.append(say("describe_promise", text=made.promise.text))
    if made.steps:
        told.append(say("describe_steps", names=[one.text for one in made.steps]))
    return " ".join(" ".join(told).split())


def draw_canvas(outcome: Outcome, language: Language = "en", *, identity: str = "canvas") -> str:
    """Draw an outcome on one sheet.

    Identity and image are two areas; where they overlap stand the shared values, and from there a line leads
    to mission, promise and first steps. A letter beside a note is the shared value that it speaks for. The
    areas differ in outline too, so the sheet reads in black and white.

    Parameters
    ----------
    outcome : Outcome
    language : {"en", "nl"}
        Of headings.
    identity : str
        Begins every id inside.

    Returns
    -------
    str
        SVG, as wide to high as an A1 that lies; `as_file` makes a picture of it that stands alone.

    Examples
    --------
    >>> promise = {"text": "We call back", "chosen": True}
    >>> made = Outcome.from_json({"company": "Zonnewende", "promises": [promise]})
    >>> draw_canvas(made).count("We call back") >= 1
    True
    """
    return draw_sheet(canvas_sheet(outcome, language), identity=identity, name="canvas")
