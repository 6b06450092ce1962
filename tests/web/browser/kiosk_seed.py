"""Fill the folder of an installation with surveys, and say where their kiosks are."""

from __future__ import annotations

import json
import sys
from pathlib import Path


def main(folder: str, framing: str) -> None:
    """Make surveys.

    Parameters
    ----------
    folder : str
        Of the installation.
    framing : str
        A site that may show one of them in a frame.
    """
    from verbond.web.installation import Installation
    from verbond.web.settings import configure

    configure(Installation.open(Path(folder)), testing=True)
    from django.core.management import call_command
    from tests.web.answering_world import made_survey

    call_command("migrate", verbosity=0, interactive=False)
    from tests.web.browser.seed import _session

    from verbond.web.listening import kiosk
    from verbond.web.store.models import Membership, Organisation, Role, User

    acme = Organisation.objects.create(slug="acme", name="Acme")
    fay = User.objects.create(email="fay@example.org", name="Fay")
    Membership.objects.create(organisation=acme, user=fay, role=Role.FACILITATOR)
    found = {}
    for name in ("offline", "killed", "clock", "lost", "power", "looks", "lots", "circle", "framed"):
        survey = made_survey(acme, "anonymous", settings={"embed": [framing]})
        survey.name = name
        survey.save()
        found[name] = {
            "address": f"/q/{survey.address}/",
            "places": f"/o/acme/surveys/{survey.pk}/places/",
            "session": _session(fay),
            "kiosk": f"/q/{survey.address}/kiosk/{kiosk.make_link(survey)}/",
        }
    print(json.dumps(found))


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[3]))
    main(*sys.argv[1:])
