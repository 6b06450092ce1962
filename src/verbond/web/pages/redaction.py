"""A diagnosis without what people wrote in words of their own, for readers from outside."""

from __future__ import annotations

from dataclasses import replace

from verbond.diagnosis import Diagnosis
from verbond.expressions import Promise
from verbond.expressions.picture import ExpressionPicture

__all__ = ["without_free_text"]


def without_free_text(d: Diagnosis) -> Diagnosis:
    """The diagnosis without names of files, notes on what was read, messages, and what went wrong.

    What stays are figures, the method's own words, and the names that the organisation gave its segments,
    departments and actions: without those a shared page says nothing.

    Parameters
    ----------
    d : Diagnosis
    """
    check = (
        replace(d.check, source="", refused=(), notes=(), lost_references=()) if d.check is not None else None
    )
    return replace(
        d,
        check=check,
        provenance=replace(d.provenance, source=""),
        findings=tuple(f for f in d.findings if f.room != "tables"),
        expressions=_without_messages(d.expressions) if d.expressions is not None else None,
        unsaid=tuple(r for r in d.unsaid if "why" not in r.values and not r.code.startswith("tables.")),
    )


def _without_messages(picture: ExpressionPicture) -> ExpressionPicture:
    """Figures alone: no message, no words of the promise or of its examples."""
    promise = picture.promise
    if promise is not None:
        bare = Promise("", promise.relationship, promise.values)
        promise = replace(bare, keeps=("",) * len(promise.keeps), breaks=("",) * len(promise.breaks))
    return replace(picture, promise=promise, worst=(), worst_by="hidden" if picture.worst else "")
