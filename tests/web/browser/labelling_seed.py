"""Fill the folder of an installation: an organisation with judged messages in each language."""

from __future__ import annotations

import sys
from pathlib import Path


def main(folder: str) -> None:
    """Write what the browser is to find.

    Parameters
    ----------
    folder : str
        Of the installation.
    """
    from verbond.web.installation import Installation
    from verbond.web.settings import configure

    configure(Installation.open(Path(folder)), testing=True)
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)
    from tests.web.browser.seed import _session

    from verbond.web.store.models import CompanyPromise, ExpressionAudit, Membership, Organisation, Role, User

    words = {
        "nl": ("Wij bellen je terug", "Bericht {n} van onze winkel"),
        "en": ("We call back", "Message {n} of ours"),
    }
    for language, (promised, text) in words.items():
        user = User.objects.create(email=f"{language}@example.org", name=language.title(), language=language)
        made = Organisation.objects.create(slug=f"said-{language}", name=language.title())
        Membership.objects.create(organisation=made, user=user, role=Role.OWNER)
        promise = CompanyPromise.objects.create(organisation=made, number=1, text=promised, language=language)
        p = {"market": 0.6, "authority": 0.1, "equality": 0.1, "meaning": 0.1, "none": 0.1}
        judged = [
            {
                "verdict": "check", "conflict": (n % 10) / 10, "language": language, "relationship": p,
                "values": {}, "reason": None, "nearest": None, "words": [],
            }
            for n in range(30)
        ]  # fmt: skip
        ExpressionAudit.objects.create(
            organisation=made, name="a", promise=promise, state="done", n_messages=30,
            messages=[{"text": text.format(n=n)} for n in range(30)],
            outcome={"messages": judged, "rater": "r 1", "counts": {}, "reasons": []},
        )  # fmt: skip
        print(language, _session(user))


if __name__ == "__main__":
    main(*sys.argv[1:])
