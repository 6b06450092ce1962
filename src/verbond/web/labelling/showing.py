"""How sure we are: how far people agree, whether chances come true, what was learned on how many labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from verbond.expressions.kinds import RELATIONSHIPS, VALUES, VERDICTS
from verbond.results import Language, sentence
from verbond.web.store.models import Label, Organisation

if TYPE_CHECKING:
    from verbond.expressions.teaching import Agreement, Sureness

__all__ = ["Curve", "agreements", "counts", "curves"]

_FAIR = ("uncertain", "random")
"""What was chosen because two raters differ says too little good of either."""


@dataclass(frozen=True, slots=True)
class Curve:
    """Chances beside what people said, with a picture."""

    about: str
    found: Sureness
    picture: Markup


def agreements(organisation: Organisation) -> list[tuple[str, Agreement]]:
    """How far people agree on relationships and on verdicts; of each person the newest answer counts."""
    from verbond.expressions.teaching import agreement

    said: dict[str, dict[tuple[str, Any], dict[int, str]]] = {"relationship": {}, "verdict": {}}
    rows = Label.objects.filter(organisation=organisation, made_by__isnull=False).order_by("made_at")
    for row in rows:
        if row.relationship:
            said["relationship"].setdefault((row.text_hash, None), {})[row.made_by_id] = row.relationship
        if row.verdict:
            said["verdict"].setdefault((row.text_hash, row.promise_id), {})[row.made_by_id] = row.verdict
    return [(name, agreement([list(one.values()) for one in found.values()])) for name, found in said.items()]


def curves(organisation: Organisation, language: Language) -> list[Curve]:
    """Chances that the rater gave before somebody said it, for relationships and for verdicts."""
    rows = Label.objects.filter(organisation=organisation, kind=Label.Kind.QUEUE)
    fair = [row for row in rows if row.detail.get("share") in _FAIR]
    kinds = [
        (max(p.values()), max(p, key=lambda name: p[name]) == row.relationship)
        for row in fair
        if row.relationship and (p := row.detail.get("relationship"))
    ]
    verdicts = [
        (row.detail["conflict"], row.verdict == "conflicts")
        for row in fair
        if row.verdict in ("fits", "conflicts") and row.detail.get("conflict") is not None
    ]
    return [_curve("relationship", kinds, language), _curve("verdict", verdicts, language)]


def _curve(about: str, pairs: Sequence[tuple[float, bool]], language: Language) -> Curve:
    from verbond.expressions.teaching import sureness
    from verbond.plots import Chance, draw_reliability

    found = sureness([p for p, _ in pairs], [y for _, y in pairs])
    chances = [Chance(b.predicted, b.observed, b.ci_lower, b.ci_upper) for b in found.bins]
    title = sentence(f"web_labelling.curve_{about}", language)
    picture = Markup("")
    if chances:
        picture = Markup(
            draw_reliability(
                chances, title=title, language=language, layout="tall", identity=f"curve-{about}"
            )
        )
    return Curve(about, found, picture)


def counts(organisation: Organisation) -> dict[str, Any]:
    """How many labels there are, of how many people and messages, and of each answer."""
    rows = list(Label.objects.filter(organisation=organisation))
    values = Counter(value for row in rows for value in row.values or ())
    return {
        "n": len(rows),
        "n_messages": len({row.text_hash for row in rows}),
        "n_people": len({row.made_by_id for row in rows if row.made_by_id}),
        "relationship": _all(RELATIONSHIPS, Counter(row.relationship for row in rows)),
        "value": _all(VALUES, values),
        "verdict": _all(VERDICTS, Counter(row.verdict for row in rows)),
    }


def _all(names: Iterable[str], found: Counter[str]) -> list[tuple[str, int]]:
    return [(name, found[name]) for name in names]
