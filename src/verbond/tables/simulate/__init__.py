"""Companies of which the truth is known: to try a method on, and to show one without anybody's data.

Everything made here is simulated, and says so wherever it goes.

- `simulate(world, n_customers, seed=...)` gives a `Company`: its canonical tables, its `Truth`.
- `WORLDS`: settings by name; `zonnewende` is the demo, others are worlds in which the method is wrong.
- `catalogue()`: what each world is for.
- `World` and its parts: every setting, with units, to make a world of your own.
- `transition_matrix`, `move_probs`: how the customers of a world move, exactly.
"""

from verbond.tables.simulate.catalogue import Catalogue, catalogue
from verbond.tables.simulate.company import Block, Company, simulate
from verbond.tables.simulate.movement import move_probs, transition_matrix
from verbond.tables.simulate.saving import SavedCompany
from verbond.tables.simulate.truth import Truth
from verbond.tables.simulate.world import (
    NEVER,
    TYPES,
    Action,
    Amounts,
    Answering,
    Attribute,
    BehaviourClass,
    Department,
    Effect,
    Emission,
    Message,
    Source,
    Stimulus,
    Values,
    Wave,
    World,
)
from verbond.tables.simulate.worlds import WORLDS

__all__ = [
    "NEVER",
    "TYPES",
    "WORLDS",
    "Action",
    "Amounts",
    "Answering",
    "Attribute",
    "BehaviourClass",
    "Block",
    "Catalogue",
    "Company",
    "Department",
    "Effect",
    "Emission",
    "Message",
    "SavedCompany",
    "Source",
    "Stimulus",
    "Truth",
    "Values",
    "Wave",
    "World",
    "catalogue",
    "move_probs",
    "simulate",
    "transition_matrix",
]
