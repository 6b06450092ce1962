"""One person: what is kept of them, as a file to hand over, and its erasure through everything.

Who is to be erased stands in a file of the organisation until that is done, in no row of the database and no
address: a job that is killed goes on with it, and the file goes last.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.utils import timezone

from verbond.results import Progress, ProgressFunction, plain
from verbond.version import __version__
from verbond.web.community import forgetting as community
from verbond.web.diagnosing import archive_of
from verbond.web.expressions.forgetting import texts_naming
from verbond.web.jobs import Stopped, enqueue
from verbond.web.keeping.processing import waiting_uploads
from verbond.web.keeping.retention import forget_run
from verbond.web.labelling import teaching
from verbond.web.listening import persons
from verbond.web.listening.answered import redact_words
from verbond.web.listening.flowing import enqueue_due as enqueue_flows
from verbond.web.store.models import AuditEntry, Import, Job, Membership, Organisation, Run, Source, User
from verbond.web.store.naming import forget_address, redact_rows, scrub
from verbond.web.workshop import persons as workers

__all__ = ["Found", "begin_erasure", "copy_of", "erase_person", "find", "forget_uploads", "resume_erasures"]

KIND = "erasure"
_STEPS = ("archive", "files", "rows", "database")
STEP = "web_privacy.step_"
WAIT_SECONDS = 20
"""So long a reader of older tables, or of the database, is waited for."""
_AGAIN_HOURS = 1


@dataclass(frozen=True, slots=True)
class Found:
    """What is kept of one person.

    Attributes
    ----------
    asked : str
    kept : dict
        As `Archive.person` gives it.
    account : Membership or None
        Where an address of theirs is that of somebody in the organisation.
    n_uploads : int
        Files that wait to be read, in which nobody can look for them.
    n_standings : int
        Diagnoses beside which stands where they stand.
    invitations : tuple of mapping
        Where surveys asked them by name.
    canvases : tuple of mapping
        Where they took part in a canvas.
    communities : tuple of mapping
        Where they were asked for ideas, and what they brought.
    audited : tuple of str
        Texts in promises, checked messages and labels that name them.
    sources : tuple of str
        From where they may come back.
    """

    asked: str
    kept: Mapping[str, Any]
    account: Membership | None = None
    n_uploads: int = 0
    n_standings: int = 0
    invitations: tuple[Mapping[str, Any], ...] = ()
    canvases: tuple[Mapping[str, Any], ...] = ()
    audited: tuple[str, ...] = ()
    communities: tuple[Mapping[str, Any], ...] = ()
    sources: tuple[str, ...] = field(default=())

    @property
    def is_known(self) -> bool:
        """Whether anything is kept."""
        elsewhere = self.account or self.n_standings or self.invitations or self.canvases or self.audited
        return bool(self.kept["imports"] or elsewhere or self.communities)

    @property
    def contact(self) -> dict[str, list[str]]:
        """Kind of contact data -> values."""
        return self.kept["contact"]

    @property
    def n_rows(self) -> dict[str, int]:
        """Table -> rows, over all imports."""
        counts: Counter[str] = Counter()
        for one in self.kept["imports"]:
            counts.update({table: len(rows) for table, rows in one["tables"].items()})
        return dict(counts)

    @property
    def words(self) -> list[str]:
        """Their own messages, and texts of others that name them."""
        own = [row for one in self.kept["imports"] for row in one["tables"].get("messages", ())]
        named = [row for one in self.kept["imports"] for row in one["named_in"]]
        said = [str(row.get("text") or "") for row in own]
        said += [" · ".join(str(v) for k, v in row.items() if k != "table" and v) for row in named]
        return [text for text in said if text]

    @property
    def n_refused(self) -> int:
        """Refused rows that hold something of them."""
        return sum(len(one["refused"]) for one in self.kept["imports"])


def find(organisation: Organisation, asked: str) -> Found:
    """Look for somebody by the id that files give, an e-mail address or a pseudonym."""
    kept = archive_of(organisation).person(asked)
    known = Membership.objects.filter(organisation=organisation).select_related("user")
    emails = {email.strip().lower() for email in (*kept["contact"].get("email", ()), asked)}
    return Found(
        asked,
        kept,
        account=known.filter(user__email__in=emails).first(),
        n_uploads=len(waiting_uploads(organisation)),
        n_standings=len(_standings(organisation, kept["pseudonyms"])),
        invitations=tuple(persons.kept_of(organisation, emails, kept["pseudonyms"])),
        canvases=tuple(workers.kept_of(organisation, emails, _names_of(kept["contact"], asked))),
        communities=tuple(community.kept_of(organisation, emails, kept["pseudonyms"])),
        audited=tuple(_audited(organisation, asked, kept)),
        sources=tuple(Source.objects.filter(organisation=organisation).values_list("name", flat=True)),
    )


def _audited(organisation: Organisation, asked: str, kept: Mapping[str, Any]) -> list[str]:
    from verbond.tables import redactor

    whom = {"asked": asked, "contact": kept["contact"], "pseudonyms": kept["pseudonyms"]}
    return texts_naming(organisation, redactor(whom))


def copy_of(organisation: Organisation, found: Found) -> bytes:
    """Everything that is kept of somebody, as JSON to hand over."""
    account = found.account
    said = {
        "made_by": f"Verbond {__version__}",
        "made_at": timezone.now().isoformat(timespec="seconds"),
        "organisation": organisation.name,
        "asked": found.asked,
        **found.kept,
        "standings": _standings(organisation, found.kept["pseudonyms"]),
        "invitations": found.invitations,
        "canvases": found.canvases,
        "communities": found.communities,
        "audited": found.audited,
        "account": None if account is None else account_of(account.user),
    }
    return json.dumps(plain(said), ensure_ascii=False, indent=1, default=str).encode()


def account_of(user: User) -> dict[str, Any]:
    """What is kept of somebody who signs in."""
    entries = AuditEntry.objects.filter(user=user).select_related("organisation")
    return {
        "email": "" if user.is_guest else user.email,
        "name": user.name,
        "language": user.language,
        "created_at": user.created_at.isoformat(),
        "second_step": bool(user.totp_secret),
        "passkeys": [
            {"name": one.name, "created_at": one.created_at.isoformat()} for one in user.passkeys.all()
        ],
        "sessions": [
            {"browser": one.browser, "created_at": one.created_at.isoformat()} for one in user.sign_ins.all()
        ],
        "organisations": [
            {"name": one.organisation.name, "role": one.role, "since": one.created_at.isoformat()}
            for one in user.memberships.select_related("organisation")
        ],
        "audit": [
            {
                "at": one.at.isoformat(),
                "organisation": one.organisation.name if one.organisation else None,
                "verb": one.verb,
                "subject": one.subject,
                "detail": one.detail,
            }
            for one in entries
        ],
    }


# erasing


def begin_erasure(organisation: Organisation, found: Found, by: User) -> Job:
    """Let a job erase somebody."""
    whom = {"asked": found.asked, "contact": found.contact, "pseudonyms": found.kept["pseudonyms"]}
    erasure = uuid.uuid4()
    file = _file(organisation.pk, erasure)
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
        json.dump(whom, out, ensure_ascii=False)
    try:
        return enqueue(KIND, organisation=organisation, subject=erasure, by=by)
    except BaseException:
        file.unlink()
        raise


def erase_person(job: Job, progress: ProgressFunction) -> None:
    """Erase somebody from everything that is kept; doing it again ends what was begun."""
    from verbond.tables import redactor
    from verbond.web.listening import planning

    organisation = job.organisation
    assert organisation is not None
    file = _file(organisation.pk, job.subject)
    if not file.exists():
        return
    whom, tell = json.loads(file.read_text("utf-8")), _unstoppable(progress)
    archive = archive_of(organisation)
    told = _within(tell, 0.0, 0.6)
    report = archive.erase(whom["asked"], told)
    for pseudonym in whom["pseudonyms"]:  # where a job before this one erased who they are, and was killed
        if archive.imports() and archive.person(pseudonym)["imports"]:
            archive.erase(pseudonym, told)
    tell(Progress(STEP + "files", 0.6, ""))
    redact = redactor(whom)
    done = {
        "rows": sum(report.n_rows.values()) + report.n_identities,
        "texts": sum(report.n_redacted.values()) + report.n_refused,
        "uploads": forget_uploads(organisation),
        "standings": _erase_standings(organisation, whom["pseudonyms"])
        + planning.erase(organisation, whom["pseudonyms"]),
        "diagnoses": _erase_diagnoses(organisation, redact),
    }
    tell(Progress(STEP + "rows", 0.8, ""))
    done["notes"] = redact_rows(organisation, redact)
    teaching.forget(organisation)
    emails = {*whom["contact"].get("email", ()), *([whom["asked"]] if "@" in whom["asked"] else ())}
    done["invitations"] = persons.erase(organisation, emails, whom["pseudonyms"])
    done["ideas"] = community.erase(organisation, emails, whom["pseudonyms"])
    done["texts"] += redact_words(organisation, redact)
    done["canvases"] = workers.erase(organisation, emails, _names_of(whom["contact"], whom["asked"]))
    enqueue_flows()  # what she answered in confidence stands in the tables under no name of hers
    done["notes"] += forget_address(whom["contact"].get("email", ()), organisation)
    tell(Progress(STEP + "database", 0.9, ""))
    _wait_for(lambda: _swept(organisation))
    AuditEntry.objects.create(
        organisation=organisation,
        user=job.created_by,
        who=job.created_by.known_as if job.created_by is not None else "",
        verb="person_erased",
        detail=done,
    )
    file.unlink()
    _wait_for(scrub)


def resume_erasures(now: dt.datetime | None = None) -> int:
    """Put back in the queue what was not ended: an erasure that failed is not forgotten."""
    now = now or timezone.now()
    before = (now - dt.timedelta(hours=_AGAIN_HOURS)).timestamp()
    n = 0
    for file in (settings.INSTALLATION.folder / "organisations").glob("*/erasures/*.json"):
        organisation = Organisation.objects.filter(pk=file.parent.parent.name).first()
        lately = Job.objects.filter(
            kind=KIND, subject=file.stem, created_at__gt=now - dt.timedelta(hours=_AGAIN_HOURS)
        )
        open_ones = Job.objects.filter(
            kind=KIND, subject=file.stem, state__in=(Job.State.WAITING, Job.State.RUNNING)
        )
        if organisation and file.stat().st_mtime < before and not (lately.exists() or open_ones.exists()):
            enqueue(KIND, organisation=organisation, subject=file.stem)
            n += 1
    return n


def forget_uploads(organisation: Organisation) -> int:
    """Throw away every file that waits to be read, with what is asked about it; returns how many."""
    from verbond.web.data.uploads import forget

    found = waiting_uploads(organisation)
    for folder in found:
        with contextlib.suppress(ValueError):
            import_id = uuid.UUID(folder.name)
            Job.objects.filter(
                organisation=organisation, kind="import", subject=folder.name, state=Job.State.WAITING
            ).update(asked_to_stop=True)
            brought = Import.objects.filter(organisation=organisation, pk=import_id)
            brought.exclude(state__in=(Import.State.DONE, Import.State.UNDONE)).delete()
            forget(organisation.pk, import_id)
    return len(found)


def _erase_standings(organisation: Organisation, pseudonyms: Iterable[str]) -> int:
    """Take somebody's rows out of the customers' files of all diagnoses; returns how many."""
    from verbond.tables import read_columns, write_columns

    n, theirs = 0, list(pseudonyms)
    for file in sorted(_results(organisation).glob("*.customers.parquet")):
        columns = read_columns(file)
        stay = ~np.isin(columns["customer_id"].astype(str), theirs)
        if stay.all():
            continue
        beside = file.with_name(f".partial-{file.name}")
        write_columns(beside, {name: values[stay] for name, values in columns.items()})
        beside.replace(file)
        n += int((~stay).sum())
    return n


def _standings(organisation: Organisation, pseudonyms: Iterable[str]) -> list[dict[str, Any]]:
    """Where somebody stands, a row a diagnosis."""
    from verbond.tables import read_columns

    theirs, found = list(pseudonyms), []
    for file in sorted(_results(organisation).glob("*.customers.parquet")):
        columns = read_columns(file)
        for row in np.flatnonzero(np.isin(columns["customer_id"].astype(str), theirs)):
            said = {name: plain(values[row]) for name, values in columns.items()}
            found.append({"diagnosis": file.name.partition(".")[0], **said})
    return found


def _erase_diagnoses(organisation: Organisation, redact: Callable[[str], str]) -> int:
    """Remove diagnoses that name somebody, which they should not: no rows of people go into them."""
    n = 0
    for run in Run.objects.filter(organisation=organisation):
        file = _results(organisation) / f"{run.pk}.diagnosis"
        if file.exists() and _names(file, redact):
            forget_run(run)
            n += 1
    return n


def _names(file: Path, redact: Callable[[str], str]) -> bool:
    with np.load(file, allow_pickle=False) as packed:
        said = [packed[name] for name in packed.files]
    texts = ["\n".join(map(str, values.ravel())) for values in said if values.dtype.kind in "US"]
    texts = [json.dumps(json.loads(text), ensure_ascii=False) if text[:1] == "{" else text for text in texts]
    return any(redact(text) != text for text in texts)


def _swept(organisation: Organisation) -> bool:
    """Whether older merged tables, which somebody may still read, are gone."""
    archive = archive_of(organisation)
    archive.sweep()
    return len(archive.layout.generations()) <= 1


def _wait_for(is_done: Callable[[], bool]) -> None:
    from django.db import OperationalError

    for _ in range(WAIT_SECONDS):
        with contextlib.suppress(OperationalError):  # somebody writes just now
            if is_done():
                return
        time.sleep(1)


def _unstoppable(progress: ProgressFunction) -> ProgressFunction:
    """An erasure that has begun is ended, whoever asks it to stop."""

    def tell(told: Progress) -> None:
        with contextlib.suppress(Stopped):
            progress(told)

    return tell


def _names_of(contact: Mapping[str, Iterable[str]], asked: str) -> list[str]:
    """Under which names somebody may stand who was asked for nothing else."""
    return [*contact.get("name", ()), asked]


def _within(progress: ProgressFunction, start: float, end: float) -> ProgressFunction:
    def tell(told: Progress) -> None:
        progress(Progress(STEP + "archive", start + (end - start) * told.done, "", told.seconds_left))

    return tell


def _results(organisation: Organisation) -> Path:
    return settings.INSTALLATION.data_folder(organisation.pk) / "results"


def _file(organisation_id: int, erasure: uuid.UUID | str) -> Path:
    name = uuid.UUID(str(erasure))  # a subject is no path
    return settings.INSTALLATION.data_folder(organisation_id) / "erasures" / f"{name}.json"
