"""Fill the folder of an installation: a clothes brand with a finished canvas in each language."""

from __future__ import annotations

import sys
from pathlib import Path

SAID = {
    "nl": {
        "promise": "Kleding die lang meegaat",
        "keeps": [
            "Gat in je trui? Wij stoppen hem gratis.",
            "Geen uitverkoop bij ons.",
            "Zo was je wol zonder dat hij krimpt.",
            "Tweedehands hangt bij ons tussen het nieuwe.",
        ],
        "breaks": [
            "Uitverkoop: alles 70% goedkoper, op is op.",
            "Elke week een nieuwe collectie, dus weg met je oude.",
            "Zomerstunt: 3 shirts voor 12 euro.",
            "Voor deze prijs hoeft hij maar één zomer mee.",
        ],
    },
    "en": {
        "promise": "Clothes that last",
        "keeps": [
            "A hole in your jumper? We darn it for free.",
            "No sale with us.",
            "How to wash wool so that it does not shrink.",
            "Second-hand hangs among the new in our shops.",
        ],
        "breaks": [
            "Sale: everything 70% off, while stocks last.",
            "A new collection every week, so out with your old.",
            "Summer stunt: 3 shirts for 12 euros.",
            "At this price it need only last one summer.",
        ],
    },
}


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

    from verbond.canvas import Outcome
    from verbond.web.store.models import Membership, Organisation, Role, User
    from verbond.web.workshop.closing import close_canvas
    from verbond.web.workshop.making import make_canvas

    for language, said in SAID.items():
        user = User.objects.create(email=f"{language}@example.org", name=language.title(), language=language)
        for slug in (f"brand-{language}", f"empty-{language}"):
            made = Organisation.objects.create(slug=slug, name=slug.title())
            Membership.objects.create(organisation=made, user=user, role=Role.OWNER)
        brand = Organisation.objects.get(slug=f"brand-{language}")
        outcome = Outcome.from_json({
            "company": "Mazzel",
            "values": [{"name": "gaat lang mee", "place": "universalism", "chosen": True}],
            "promises": [
                {"text": said["promise"], "chosen": True, "keeps": said["keeps"], "breaks": said["breaks"]}
            ],
        })  # fmt: skip
        canvas = make_canvas(brand, user, name="Mazzel", company="Mazzel", outcome=outcome)
        close_canvas(canvas, user)
        print(language, _session(user))


if __name__ == "__main__":
    main(*sys.argv[1:])
