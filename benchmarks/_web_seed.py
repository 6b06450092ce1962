"""Fill the folder of an installation for `web.py`: readers of the demo company; prints their session keys."""

from __future__ import annotations

import shutil
import sys
import uuid
from pathlib import Path

N_READERS = 50
SLUG = "zonnewende"


def main(folder: str, diagnosis: str) -> None:
    """Write what the readers are to find.

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

    call_command("migrate", verbosity=0, interactive=False)
    from verbond.web.store.models import Membership, Organisation, Role, Run, User

    demo = Organisation.objects.create(slug=SLUG, name="Zonnewende", kind=Organisation.Kind.DEMO)
    for k in range(N_READERS):
        user = User.objects.create(email=f"reader{k}@example.org", language=("nl", "en")[k % 2])
        Membership.objects.create(organisation=demo, user=user, role=(Role.MEMBER, Role.ANALYST)[k % 2])
        print(_session(user))
    results = installation.data_folder(demo.pk) / "results"
    results.mkdir(parents=True)
    run = uuid.uuid4()
    shutil.copy(diagnosis, results / f"{run}.diagnosis")
    Run.objects.create(id=run, organisation=demo, fingerprint="f" * 16, version="0")


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
