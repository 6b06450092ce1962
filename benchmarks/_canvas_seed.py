"""Fill the folder of an installation for `canvas_live.py`: a canvas with notes on it, and participants.

Prints JSON: the canvas' address, and the participants' tokens; the first one leads.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path


def main(folder: str, n_people: str, n_notes: str) -> None:
    """Write what participants are to find.

    Parameters
    ----------
    folder : str
        Of the installation.
    n_people, n_notes : str
        So many join; so many notes lie there.
    """
    from verbond.web.installation import Installation
    from verbond.web.settings import configure

    configure(Installation.open(Path(folder)), testing=True)
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)
    from verbond.canvas import FIELDS, Operation, between
    from verbond.web.store.models import Canvas, Organisation
    from verbond.web.workshop import joining
    from verbond.web.workshop.rooms import room_of

    acme = Organisation.objects.create(slug="acme", name="Acme")
    canvas = Canvas.objects.create(organisation=acme, name="Benchmark", company="Acme")
    people = [joining.join(canvas, f"Participant {n}", "Service", None) for n in range(int(n_people))]
    people[0][0].leads = True
    people[0][0].save()
    room, place, wishes = room_of(canvas), None, {}
    for n in range(int(n_notes)):
        who, place = people[n % len(people)][0], between(place)
        words = f"What {n} customers said about us, in a sentence of a usual length."
        values = {"field": FIELDS[n % 2], "text": words, "order": place}
        wishes.setdefault(who.pk, (who, []))[1].append(
            Operation(f"s{n}", who.code, "add", f"s{n}", "note", values)
        )
    for who, several in wishes.values():
        room.take(who, several)
    print(json.dumps({"address": canvas.address, "tokens": [token for _, token in people]}))


if __name__ == "__main__":
    main(*sys.argv[1:])
