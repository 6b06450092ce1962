"""Fill the folder of an installation for `web_answers.py`: an open survey, and sheets that were begun.

Prints JSON: the survey's address, and of each sheet its token and the stamps of its pages.
"""

from __future__ import annotations

import json
import secrets
import sys
from pathlib import Path


def main(folder: str, n_sheets: str, mode: str = "confidential") -> None:
    """Write what respondents are to find.

    Parameters
    ----------
    folder : str
        Of the installation.
    n_sheets : str
        So many are begun.
    mode : str
        Of the survey.
    """
    from verbond.web.installation import Installation
    from verbond.web.settings import configure

    configure(Installation.open(Path(folder)), testing=True)
    from django.core.management import call_command
    from django.utils import timezone

    call_command("migrate", verbosity=0, interactive=False)
    from verbond.listen import own_questionnaire
    from verbond.web.listening import guards
    from verbond.web.people import tokens
    from verbond.web.store.models import Organisation
    from verbond.web.store.surveys import Sheet, Survey

    questionnaire = own_questionnaire("short", "customer")
    organisation = Organisation.objects.create(slug="acme", name="Acme")
    survey = Survey.objects.create(
        organisation=organisation, name="Speed", company="Acme", mode=mode, state="open", wave="1",
        questionnaire=questionnaire.to_json(), settings={"open_link": True},
    )  # fmt: skip
    opens = [secrets.token_urlsafe(32) for _ in range(int(n_sheets))]
    hashes = [tokens.hashed("sheet", token) for token in opens]
    Sheet.objects.bulk_create(
        Sheet(
            survey=survey, token_hash=one, channel="link", revision=1, language="nl", begun_at=timezone.now()
        )
        for one in hashes
    )
    pages = [[one.id for one in page.questions] for page in questionnaire.pages]
    stamps = [[guards.stamp(f"{one[:16]}/{n}") for n in range(len(pages))] for one in hashes]
    sheets = list(zip(opens, stamps, strict=True))
    print(json.dumps({"address": survey.address, "pages": pages, "sheets": sheets}))


if __name__ == "__main__":
    main(*sys.argv[1:])
