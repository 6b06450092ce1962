"""Fill the folder of an installation with canvases, and say who may sit at them."""

from __future__ import annotations

import json
import sys
from pathlib import Path

PEOPLE = (("Fenna", "Marketing"), ("Bob", "Service"), ("Karim", "Techniek"), ("Ali", "Service"), ("Mei", ""))
"""Fenna leads."""
NOTES = {
    "identity": ("We leggen alles eerlijk uit", "Technisch de beste", "Lage prijzen"),
    "image": ("Ze zijn duurder dan de rest", "Je krijgt een mens aan de lijn"),
}
CROWDED = 1000
"""Notes more on the first canvas."""
VALUES = ("Zorg voor elkaar", "Laagste prijs", "Eerlijkheid")


def main(folder: str, n: str) -> None:
    """Make canvases, each with the same people, notes and values.

    Parameters
    ----------
    folder : str
        Of the installation.
    n : str
        How many.
    """
    from verbond.web.installation import Installation
    from verbond.web.settings import configure

    configure(Installation.open(Path(folder)), testing=True)
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)
    from verbond.web.store.models import Organisation

    acme = Organisation.objects.create(slug="acme", name="Acme")
    print(json.dumps([_canvas(acme, at) for at in range(int(n))]))


def _canvas(organisation: object, at: int) -> dict[str, object]:
    from verbond.canvas import Operation, between
    from verbond.web.store.models import Canvas
    from verbond.web.workshop import joining, rooms

    canvas = Canvas.objects.create(organisation=organisation, name=f"Wie zijn we? ({at})", company="Acme")
    joined = [joining.join(canvas, *one, None) for one in PEOPLE]
    leader = joined[0][0]
    leader.leads = True
    leader.save()
    room, wishes, order = rooms.room_of(canvas), [], None
    for field, texts in NOTES.items():
        for text in texts:
            order = between(order, None)
            values = {"field": field, "text": text, "order": order, "department": "Marketing"}
            n = len(wishes)
            wishes.append(Operation(f"k{n}", leader.code, "add", f"{field}{n}", "note", values))
    for n in range(0 if at else CROWDED):
        values = {"field": ("identity", "image")[n % 2], "text": f"briefje {n} over ons", "order": f"Z{n}1"}
        wishes.append(Operation(f"c{n}", leader.code, "add", f"c{n}", "note", values))
    for n, name in enumerate(VALUES):
        order = between(order, None)
        wishes.append(
            Operation(f"v{n}", leader.code, "add", f"v{n}", "value", {"name": name, "order": order})
        )
    room.take(leader, wishes)
    people = {one.name: token for one, token in joined}
    return {"id": str(canvas.pk), "address": canvas.address, "tokens": people}


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[3]))
    main(*sys.argv[1:])
