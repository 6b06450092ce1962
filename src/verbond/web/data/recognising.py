"""What a file that was brought is taken for; what was decided before about such a file is used again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from verbond.web.data.uploads import kept_file
from verbond.web.store.models import Import, Organisation, RememberedMapping

if TYPE_CHECKING:
    from verbond.tables import Recognition

__all__ = ["facts_of", "recognised", "remember", "remembered", "signature_of"]


def recognised(one: Import, *, table: str = "", fresh: bool = False) -> Recognition:
    """What the file of an import is taken for.

    Parameters
    ----------
    one : Import
        Whose file is there.
    table : str
        The table that a person says it is, where that is not what its header says.
    fresh : bool
        Pass over what was decided before.

    Raises
    ------
    VerbondError
        If the file cannot be read.
    """
    path = kept_file(one.organisation_id, one.pk, one.file_name)
    if table:
        return _looked(path, json.dumps({"product": "generic", "table": table}))
    found = _looked(path, "")
    earlier = None if fresh else remembered(one.organisation, found)
    return found if earlier is None else _looked(path, json.dumps(earlier.mapping, sort_keys=True))


@lru_cache(maxsize=32)
def _looked(path: Path, stated: str) -> Recognition:
    """The same file is looked at once: nothing is ever written over one that is kept."""
    from verbond.tables import recognise

    return recognise(path, mapping={"files": {path.name: json.loads(stated)}} if stated else None)


def signature_of(found: Recognition) -> str:
    """What tells files of the same shape: the product and the names of the columns, in their order."""
    names = "\x1f".join((found.product, *(column.name for column in found.columns)))
    return hashlib.sha256(names.encode("utf-8", "replace")).hexdigest()


def remembered(organisation: Organisation, found: Recognition) -> RememberedMapping | None:
    """What was decided before about a file with this header."""
    return RememberedMapping.objects.filter(organisation=organisation, signature=signature_of(found)).first()


def remember(organisation: Organisation, found: Recognition, entry: Mapping[str, Any]) -> None:
    """Keep what was decided, for the next file with this header."""
    RememberedMapping.objects.update_or_create(
        organisation=organisation, signature=signature_of(found), defaults={"mapping": dict(entry)}
    )


def facts_of(found: Recognition) -> dict[str, Any]:
    """What is kept of a recognition: nothing that a cell of the file said."""
    return {
        "product": found.product,
        "product_name": found.product_name,
        "kind": found.kind,
        "language": found.language,
        "table": found.table,
        "n_rows": found.n_rows,
        "n_columns": len(found.columns),
        "asks": sorted({question.code for question in found.questions}),
    }
