"""The method as data: what a relationship is made of, in Dutch and English.

- `RELATIONSHIP_TYPES`, `RUNGS`: what kind of relationship, and how deep it goes.
- `CIRCLE`, `CIRCLE_19`, `HIGHER_ORDERS`, `opposition`: the value circle, and which values bite each other.
- `ITEMS`, `questionnaire`: our own questionnaire, for customers and employees, short and full.
- `NAMES`, `named`, `spoken`: what constructs and kinds of events and actions are called inside a sentence.
- `HANDLES`, `handle`, `handles_for`: what a company can do, with a first step for tomorrow.
- `PLAYS`, `play`, `plays_for`: the playbook, small steps with their words, their evidence and an experiment.
- `SCAN`: ten questions for a team, no files needed.
- `CANVAS_FIELDS`, `canvas_help`, `AGENDAS`, `CONTRADICTION_GUIDE`, `MANNERS`, `BUSINESS_MODEL`: for whoever
  leads a workshop on the relationship canvas.
- `types`: what these are made of (`Text`, `Item`, `Handle`, …); the words are in `data/*.toml`.

The playbook is read when it is first used: it is long, and most of what asks for the method needs none of it.
"""

import importlib as _importlib

from verbond.method.canvas import (
    AGENDAS,
    BUSINESS_MODEL,
    CANVAS_FIELDS,
    CONTRADICTION_GUIDE,
    MANNERS,
    Agenda,
    CanvasField,
    CanvasHelp,
    canvas_help,
)
from verbond.method.circle import CIRCLE, CIRCLE_19, HIGHER_ORDERS, opposition
from verbond.method.handles import HANDLES, handle, handles_for
from verbond.method.items import ITEMS
from verbond.method.names import NAMES, named, spoken
from verbond.method.questionnaires import Question, Questionnaire, questionnaire
from verbond.method.relationship import RELATIONSHIP_TYPES, RUNGS
from verbond.method.scan import SCAN, Scan, ScanOption, ScanQuestion, ScanResult, ScanStep
from verbond.method.types import (
    Handle,
    Item,
    Play,
    PlayExperiment,
    PlayPrior,
    RelationshipType,
    Rung,
    Text,
    Value,
)

__all__ = [
    "AGENDAS",
    "BUSINESS_MODEL",
    "CANVAS_FIELDS",
    "CIRCLE",
    "CIRCLE_19",
    "CONTRADICTION_GUIDE",
    "HANDLES",
    "HIGHER_ORDERS",
    "ITEMS",
    "MANNERS",
    "NAMES",
    "PLAYS",
    "RELATIONSHIP_TYPES",
    "RUNGS",
    "SCAN",
    "SECTORS",
    "Agenda",
    "CanvasField",
    "CanvasHelp",
    "Handle",
    "Item",
    "Play",
    "PlayExperiment",
    "PlayPrior",
    "Question",
    "Questionnaire",
    "RelationshipType",
    "Rung",
    "Scan",
    "ScanOption",
    "ScanQuestion",
    "ScanResult",
    "ScanStep",
    "Text",
    "Value",
    "canvas_help",
    "handle",
    "handles_for",
    "named",
    "opposition",
    "play",
    "plays_for",
    "questionnaire",
    "spoken",
]

_PLAYBOOK = ("PLAYS", "SECTORS", "play", "plays_for")


def __getattr__(name: str) -> object:
    if name in _PLAYBOOK:
        return getattr(_importlib.import_module("verbond.method.playbook"), name)
    raise AttributeError(f"module 'verbond.method' has no attribute {name!r}")
