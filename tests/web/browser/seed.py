"""Fill the folder of an installation: two owners, one organisation with two diagnoses and two canvases."""

from __future__ import annotations

import datetime as dt
import shutil
import sys
import uuid
from pathlib import Path


def main(folder: str, diagnosis: str) -> None:
    """Write what the browser is to find.

    Parameters
    ----------
    folder : str
        Of the installation.
    diagnosis : str
        A file of `save_diagnosis`.
    """
    from verbond.web.installation import Installation
    from verbond.web.settings import configure

    installation = Installation.open(Path(folder))
    configure(installation, testing=True)
    from django.core.management import call_command
    from django.utils import timezone

    call_command("migrate", verbosity=0, interactive=False)
    from verbond.web.store.models import Membership, Organisation, Role, Run, User
    from verbond.web.workshop.demo import hold_workshops

    full = Organisation.objects.create(slug="acme", name="Acme")
    bare = Organisation.objects.create(slug="bare", name="Bare")
    for language in ("nl", "en"):
        user = User.objects.create(email=f"{language}@example.org", name=language.title(), language=language)
        for organisation in (full, bare):
            Membership.objects.create(organisation=organisation, user=user, role=Role.OWNER)
        print(language, _session(user))
    hold_workshops(full, user, "en")
    results = installation.data_folder(full.pk) / "results"
    results.mkdir(parents=True)
    for days in (40, 0):
        run = uuid.uuid4()
        shutil.copy(diagnosis, results / f"{run}.diagnosis")
        moment = timezone.now() - dt.timedelta(days=days)
        Run.objects.create(id=run, organisation=full, created_at=moment, fingerprint="f" * 16, version="0")


def _session(user: object) -> str:
    """A session in which this user is signed in."""
    from django.contrib.auth import login
    from django.contrib.sessions.backends.db import SessionStore
    from django.http import HttpRequest

    request = HttpRequest()
    request.session = SessionStore()
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    request.session.save()
    return request.session.session_key


if __name__ == "__main__":
    main(*sys.argv[1:])
