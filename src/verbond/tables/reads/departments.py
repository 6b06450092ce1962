"""The department of each employee who answered."""

from __future__ import annotations

from verbond.tables.tables import Tables

__all__ = ["departments"]


def departments(tables: Tables) -> dict[str, str | None]:
    """Respondent: department; None where none or more than one is known.

    Parameters
    ----------
    tables : Tables
        No `responses` table gives nobody.
    """
    if "responses" not in tables:
        return {}
    found = tables.select("departments")
    return {
        str(who): None if department is None or n != 1 else str(department)
        for who, department, n in zip(
            found["respondent_id"], found["department"], found["n_departments"], strict=True
        )
    }
