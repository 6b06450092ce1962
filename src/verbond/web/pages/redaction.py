"""A diagnosis without what people wrote in words of their own, for readers from outside."""

from __future__ import annotations

from dataclasses import replace

from verbond.diagnosis import Diagnosis

__all__ = ["without_free_text"]


def without_free_text(d: Diagnosis) -> Diagnosis:
    """The diagnosis without names of files, notes on what was read, and messages of what went wrong.

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
        unsaid=tuple(r for r in d.unsaid if "why" not in r.values and not r.code.startswith("tables.")),
    )
