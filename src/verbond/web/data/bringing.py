"""Taking in a file that somebody or something brings: kept, known again, recognised, written down."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from verbond.errors import VerbondError
from verbond.results import Spoken
from verbond.web.data.recognising import facts_of, recognised, remember
from verbond.web.data.uploads import Unfit, forget, keep, kept_file
from verbond.web.jobs import enqueue
from verbond.web.store.brought import earlier_with, make_import
from verbond.web.store.models import Import, Job, Organisation, User

__all__ = ["begin_reading", "bring"]


def bring(
    organisation: Organisation, name: str, blocks: Iterable[bytes], *, by: User | None
) -> tuple[Import, bool]:
    """Take in one file.

    Returns
    -------
    Import, bool
        The import, and whether it is new: the same file again gives the import that it was before.

    Raises
    ------
    Unfit
        If it is of a kind that is not read, or cannot be read.
    """
    import_id = uuid.uuid4()
    kept = keep(organisation.pk, import_id, name, blocks)
    earlier = earlier_with(organisation, kept.sha256)
    if earlier is not None and (earlier.state == Import.State.DONE or _is_here(earlier)):
        forget(organisation.pk, import_id)
        return earlier, False
    probe = Import(id=import_id, organisation=organisation, file_name=kept.path.name)
    try:
        facts = facts_of(recognised(probe))
    except VerbondError as error:
        forget(organisation.pk, import_id)
        raise Unfit("unreadable", name=kept.path.name, why=Spoken(error)) from None
    except BaseException:
        forget(organisation.pk, import_id)
        raise
    made = make_import(
        organisation,
        import_id,
        file_name=kept.path.name,
        sha256=kept.sha256,
        n_bytes=kept.n_bytes,
        facts=facts,
        by=by,
    )
    return made, True


def _is_here(one: Import) -> bool:
    return kept_file(one.organisation_id, one.pk, one.file_name).exists()


def begin_reading(one: Import, entry: dict, *, by: User | None) -> Job:
    """Let a job read a file as was decided, and remember that for the next one like it."""
    one.mapping = entry
    one.save(update_fields=["mapping"])
    remember(one.organisation, recognised(one, fresh=True), entry)
    return enqueue("import", organisation=one.organisation, subject=one.pk, by=by)
