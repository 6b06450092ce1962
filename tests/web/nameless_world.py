"""An installation in which somebody wrote on a canvas without a name, and a search through its files.

`python -m tests.web.nameless_world FOLDER` founds it in a folder, closes the canvas, and prints as JSON what
its files knew of her before and after.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

CODE, KEY, THING = "pdeadbeef01", "key-of-her-browser", "thing-of-hers"
TEXT, DEPARTMENT = "Nobody dares to say this.", "The smallest department"


def write(organisation: Any, by: Any) -> Any:
    """A canvas on which she wrote one note without a name, changed it, and others overwrote where it lies."""
    from verbond.canvas import Operation
    from verbond.web.store.models import Participant
    from verbond.web.workshop.joining import join
    from verbond.web.workshop.making import make_canvas
    from verbond.web.workshop.rooms import room_of

    canvas = make_canvas(organisation, by, name="Spring", company="Acme")
    her, _ = join(canvas, "Anneke", "", None)
    Participant.objects.filter(pk=her.pk).update(code=CODE)
    her.refresh_from_db()
    bo, _ = join(canvas, "Bo", "", None)
    leader = canvas.participants.get(user=by)

    def do(who: Any, key: str, act: str, id: str, kind: str = "", **values: Any) -> None:
        wish = Operation(key, who.code, act, id, kind, values, leads=who.leads)  # type: ignore[arg-type]
        became = room_of(canvas).take(who, [wish])[0]
        assert hasattr(became, "number"), became

    do(leader, "on", "anonymity", "image", on=True)
    said = {"field": "image", "text": TEXT, "department": DEPARTMENT}
    do(her, KEY, "add", THING, "note", **said)
    do(her, KEY + "2", "set", THING, order="W")
    do(her, KEY + "3", "remove", THING)
    do(her, KEY + "4", "undo", "")
    do(leader, "show", "reveal", "image")
    do(bo, "b1", "set", THING, order="X")
    do(bo, "b2", "add", "of-bo", "note", field="promise", text="By Bo")
    do(leader, "off", "anonymity", "image", on=False)
    return canvas


def counted(folder: Path, *needles: str) -> dict[str, int]:
    """How often each stands in the bytes of the database's files, the log beside it too."""
    raw = b"".join(file.read_bytes() for file in sorted(folder.glob("*.sqlite3*")))
    return {needle: raw.count(needle.encode()) for needle in needles}


def main(folder: Path) -> dict[str, Any]:
    """Found an installation, let her write, close the canvas."""
    from verbond.web.installation import Installation
    from verbond.web.settings import configure

    configure(Installation.open(folder), hosts=("testserver",), testing=True)
    from django.core.management import call_command

    from verbond.web.store.acts import found_organisation
    from verbond.web.store.models import User
    from verbond.web.workshop.closing import close_canvas
    from verbond.web.workshop.rooms import room_of

    call_command("migrate", verbosity=0)
    alice = User.objects.create_user("alice@example.org", "x", name="Alice")
    canvas = write(found_organisation("Acme", alice), alice)
    needles = (CODE, KEY, DEPARTMENT, TEXT)
    before = counted(folder, *needles)
    lying = {one.id: dict(one.values) for one in room_of(canvas).board.lying()}
    close_canvas(canvas, alice)
    after = counted(folder, *needles)
    left = {one.id: dict(one.values) for one in room_of(canvas).board.lying()}
    canvas.participants.filter(code=CODE).delete()
    from verbond.web.store.naming import scrub

    scrub()
    return {
        "before": before,
        "after": after,
        "without_her": counted(folder, CODE),
        "lying": lying,
        "left": left,
        "settings": canvas.settings,
    }


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]))))
