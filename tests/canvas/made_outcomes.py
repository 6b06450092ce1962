"""Outcomes for tests, written as plain values by no code of ours: any, a usual one, a very full one."""

from __future__ import annotations

import random

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from verbond.canvas import FIELDS, PHASES, Outcome
from verbond.canvas.schema import PROGRESSION, RUNGS
from verbond.method import CIRCLE

CALM = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""For what takes its time on a machine with much to do."""
PLACES = ["", *(value.id for value in CIRCLE)]


def words(most: int, least: int = 0) -> st.SearchStrategy[str]:
    """Whatever a board takes: control characters too."""
    return st.text(
        st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=least, max_size=most
    )


@st.composite
def outcomes(draw: st.DrawFn) -> dict:
    """Plain values that are an outcome, written by no code of ours."""
    said = words(12, 1).map(lambda text: text + "x")  # never only what cannot be said
    points = st.integers(0, 9)
    n = draw(st.integers(0, 4))
    value_ids = [f"v{k}" for k in range(n)]
    any_value = st.sampled_from(["", *value_ids])
    values = [
        {"id": id, "name": draw(said), "place": draw(st.sampled_from(PLACES)), "meaning": draw(words(9)),
         "chosen": draw(st.booleans()), "points": draw(points)}
        for id in value_ids
    ]  # fmt: skip
    notes = [
        {"id": f"n{k}", "field": draw(st.sampled_from(FIELDS)), "text": draw(said), "value": draw(any_value),
         "department": draw(words(5)), "source": draw(words(5)), "points": draw(points)}
        for k in range(draw(st.integers(0, 5)))
    ]  # fmt: skip
    pairs = [(a, b) for a in value_ids for b in value_ids if a < b]
    resolutions = [
        {"id": f"r{a}{b}", "one": a, "other": b, "kept": draw(st.sampled_from(["", a, b])),
         "concession": draw(said), "reason": draw(words(9))}
        for a, b in draw(st.permutations(pairs)) if draw(st.booleans())
    ]  # fmt: skip
    chosen = draw(st.integers(-1, 2)), draw(st.integers(-1, 2))
    missions = [{"id": f"m{k}", "text": draw(said), "chosen": k == chosen[0]} for k in range(3)]
    promises = [
        {"id": f"p{k}", "text": draw(said), "chosen": k == chosen[1], "measure": draw(words(9)),
         "size": draw(st.sampled_from(["", "small", "fitting", "too_large"])),
         "progression": draw(st.sampled_from(PROGRESSION)),
         "keeps": draw(st.lists(words(6), max_size=3)), "breaks": draw(st.lists(words(6), max_size=3))}
        for k in range(3)
    ]  # fmt: skip
    steps = [
        {"id": f"s{k}", "text": draw(said), "who": draw(words(6)), "when": draw(words(6)),
         "rung": draw(st.sampled_from(RUNGS)), "done": draw(st.booleans())}
        for k in range(draw(st.integers(0, 3)))
    ]  # fmt: skip
    return {
        "company": draw(said), "name": draw(words(8)), "language": draw(st.sampled_from(["", "en", "nl"])),
        "made_at": draw(st.sampled_from(["", "2026-11-22", "2026-11-22T16:30:00+01:00"])),
        "phase": draw(st.sampled_from(PHASES)), "voted": draw(st.booleans()), "notes": notes,
        "values": values, "resolutions": resolutions,
        "missions": missions, "promises": promises, "steps": steps,
    }  # fmt: skip


WORDS = (
    "de klant belt en wij bellen terug nog vandaag met een mens die mag beslissen zonder keuzemenu omdat "
    "vertrouwen begint bij luisteren klachtenafhandelingsprocedure is te lang en te ingewikkeld"
)


def usual() -> Outcome:
    """A small workshop of an invented energy company, in Dutch."""
    return Outcome.from_json(USUAL)


def full(n_notes: int = 60, seed: int = 4) -> Outcome:
    """A long workshop: many long notes, nine values, twelve examples, fourteen steps."""
    rng = random.Random(seed)
    words = WORDS.split()

    def said(n: int) -> str:
        return " ".join(rng.choice(words) for _ in range(n)).capitalize()[:390].strip()

    names = [
        "Dichtbij", "Eerlijk over geld", "Verantwoordelijkheidsgevoel", "Vakmanschap", "Rust", "Lef", "Snel",
        "Duurzaam", "Warm",
    ]  # fmt: skip
    notes = [
        {"field": ("identity", "image", "values")[n % 5 // 2],
         "text": f"{n}: {said(rng.choice([8, 30, 60]))}",
         "value": rng.choice([*names, ""]),
         "department": rng.choice(["Klantenservice", "Buitendienst Noord", ""]),
         "points": rng.choice([0, 0, 1, 3, 7])}
        for n in range(n_notes)
    ]  # fmt: skip
    return Outcome.from_json({
        "company": "Coöperatieve Verzekeringsmaatschappij Onderlinge Zorgvuldigheid U.A.",
        "name": "Tweede werkplaats met alle afdelingen", "made_at": "2026-11-22", "voted": True,
        "notes": notes,
        "values": [{"name": name, "chosen": n < 6, "points": 40 - n} for n, name in enumerate(names)],
        "resolutions": [
            {"one": names[n], "other": names[n + 1], "kept": names[n], "concession": said(25)}
            for n in range(5)
        ],
        "missions": [{"text": said(60), "chosen": True}, {"text": said(10)}],
        "promises": [
            {"text": said(55), "chosen": True, "measure": said(30), "size": "fitting",
             "progression": "transformation", "keeps": [said(9) for _ in range(12)],
             "breaks": [said(14) for _ in range(12)]},
            {"text": said(8)},
        ],
        "steps": [
            {"text": said(12), "who": "Ines", "when": f"2026-12-{n + 1:02}", "rung": "trust",
             "done": n % 2 == 0}
            for n in range(14)
        ],
    })  # fmt: skip


USUAL = {
    "company": "Zonnewende Energie",
    "name": "Werkplaats november",
    "made_at": "2026-11-20",
    "language": "nl",
    "phase": "steps",
    "voted": True,
    "values": [
        {
            "id": "v1",
            "name": "Dichtbij",
            "place": "benevolence",
            "meaning": "Een mens die je kent, in je eigen streek.",
            "chosen": True,
            "points": 14,
        },
        {
            "id": "v2",
            "name": "Eerlijk",
            "place": "universalism",
            "meaning": "Ook als het ons geld kost.",
            "chosen": True,
            "points": 11,
        },
        {
            "id": "v3",
            "name": "Zelf kiezen",
            "place": "self_direction",
            "meaning": "",
            "chosen": True,
            "points": 8,
        },
        {"id": "v4", "name": "Goedkoopste", "place": "power", "meaning": "", "chosen": False, "points": 3},
    ],
    "notes": [
        {
            "field": "identity",
            "text": "Wij komen hier vandaan en kennen de straten.",
            "value": "v1",
            "department": "Monteurs",
            "points": 4,
        },
        {
            "field": "identity",
            "text": "We zeggen het als iets niet kan.",
            "value": "v2",
            "department": "Klantenservice",
            "points": 3,
        },
        {
            "field": "identity",
            "text": "Trots op zonnedaken die klanten samen kochten.",
            "value": "v3",
            "department": "Verkoop",
            "points": 2,
        },
        {"field": "identity", "text": "Een beetje eigenwijs.", "department": "IT"},
        {
            "field": "identity",
            "text": "Als er iets stuk is, gaat er dezelfde dag iemand heen.",
            "value": "v1",
            "department": "Monteurs",
            "points": 1,
        },
        {
            "field": "image",
            "text": "Aardige mensen, maar je moet wel vier keer uitleggen wat er is.",
            "value": "v1",
            "source": "Reviews 2026",
            "points": 5,
        },
        {
            "field": "image",
            "text": "Ze gaven zelf toe dat de rekening fout was. Dat maakte veel goed.",
            "value": "v2",
            "source": "Klantpanel",
            "points": 4,
        },
        {"field": "image", "text": "Duur in de winter.", "source": "Enquête"},
        {
            "field": "image",
            "text": "De app laat je niet zelf kiezen wanneer ze komen.",
            "value": "v3",
            "source": "Reviews 2026",
            "points": 2,
        },
    ],
    "resolutions": [
        {
            "one": "v1",
            "other": "v4",
            "kept": "v1",
            "concession": "Overstapcadeaus en prijsvechten met de buren.",
            "reason": "Wie voor het cadeau komt, is na een jaar weg.",
        },
        {
            "one": "v2",
            "other": "v4",
            "kept": "v2",
            "concession": "Tarieven die na drie maanden stilletjes omhooggaan.",
        },
    ],
    "missions": [
        {"text": "Wij maken dat buren samen hun eigen energie in handen hebben.", "chosen": True},
        {"text": "Schone stroom voor iedereen."},
    ],
    "promises": [
        {
            "text": "Bel je ons, dan spreek je dezelfde dag iemand uit je eigen streek die het mag oplossen.",
            "chosen": True,
            "measure": "negen van de tien bellers zijn dezelfde dag geholpen, elke maand geteld",
            "size": "fitting",
            "progression": "service",
            "keeps": [
                "Een monteur belt zelf terug als hij later komt.",
                "De eerste die opneemt mag tot 250 euro beslissen.",
            ],
            "breaks": ["Een keuzemenu van meer dan één stap.", "Een brief zonder naam eronder."],
        },
        {"text": "Altijd de laagste prijs."},
    ],
    "steps": [
        {
            "text": "Drie vaste mensen per streek aan de telefoon",
            "who": "Ines",
            "when": "2026-12-01",
            "rung": "trust",
        },
        {
            "text": "Mandaat van 250 euro op papier",
            "who": "Daan",
            "when": "2026-11-30",
            "rung": "commitment",
            "done": True,
        },
        {
            "text": "Alle overstapcadeaus van de site",
            "who": "Marketing",
            "when": "2026-12-15",
            "rung": "shared_values",
        },
    ],
}
