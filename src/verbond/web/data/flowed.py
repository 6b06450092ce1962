"""What flows into the tables from within the application, as the page Data shows it."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import TYPE_CHECKING

from django.utils import timezone

from verbond.web.store.models import Import, Organisation

if TYPE_CHECKING:
    from verbond.tables import KeptImport

__all__ = ["PRODUCT", "write_down"]

PRODUCT = "Verbond"


def write_down(
    organisation: Organisation,
    kept: KeptImport,
    name: str,
    origin: dict[str, str],
    *,
    by_id: int | None,
    days: tuple[dt.date | None, dt.date | None] | None = None,
) -> None:
    """Write an import down that nobody brought as a file.

    Parameters
    ----------
    organisation : Organisation
    kept : KeptImport
        What the archive keeps.
    name : str
    origin : mapping
        Which kind of thing it came from, and its id.
    by_id : int or None
        Who is behind it.
    days : pair of date, optional
        First and last, where its own are not those.
    """
    n_rows = dict(kept.n_rows)
    files = [
        {"table": name, "n_lines": n, "n_rows": n, "n_kept": n, "n_refused": 0, "n_blank": 0, "n_folded": 0}
        for name, n in n_rows.items()
    ]
    first, last = days or (kept.first, kept.last)
    outcome = {
        "files": files, "tables": [], "refused": [], "notes": [], "kept": n_rows,
        "n_erased": kept.n_erased, "n_expired": kept.n_expired,
        "first": first.isoformat() if first else None, "last": last.isoformat() if last else None,
    }  # fmt: skip
    Import.objects.update_or_create(
        pk=uuid.UUID(kept.import_id),
        organisation=organisation,
        defaults={
            "file_name": name,
            "sha256": kept.source_sha256,
            "n_bytes": 0,
            "product": PRODUCT,
            "state": Import.State.DONE,
            "recognition": {"product_name": PRODUCT, **origin},
            "outcome": outcome,
            "created_by_id": by_id,
            "finished_at": timezone.now(),
        },
    )
