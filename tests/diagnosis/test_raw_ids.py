"""No sentence carries an id: what two simulated companies make the survey and the intentions say."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator

import pytest

from verbond.loyalty import IntentionGap
from verbond.results import Reason
from verbond.survey import Survey
from verbond.tables import ACTION_KINDS, CONSTRUCTS, EVENT_KINDS
from verbond.tables.simulate import simulate

SAME_IN_DUTCH = {"commitment"}
IDS = {*CONSTRUCTS, *EVENT_KINDS, *ACTION_KINDS} - SAME_IN_DUTCH
RAW = re.compile(rf"\w_\w|\b(?:{'|'.join(sorted(IDS))})\b")


def reasons(thing: object) -> Iterator[Reason]:
    """Every reason anywhere inside a result."""
    if isinstance(thing, Reason):
        yield thing
    elif dataclasses.is_dataclass(thing):
        for field in dataclasses.fields(thing):
            yield from reasons(getattr(thing, field.name))
    elif isinstance(thing, (tuple, list)):
        for one in thing:
            yield from reasons(one)


@pytest.mark.parametrize("world", ["quiet", "zonnewende"])
def test_sentences_carry_no_ids(world: str) -> None:
    with simulate(world, seed=1).open() as tables:
        said = [*reasons(Survey().fit(tables)), *reasons(IntentionGap().fit(tables))]
    sentences = {reason.sentence("nl") for reason in said}
    assert sentences
    assert [sentence for sentence in sentences if RAW.search(sentence)] == []
    english = {reason.sentence("en") for reason in said}
    assert [sentence for sentence in english if re.search(r"\w_\w", sentence)] == []
