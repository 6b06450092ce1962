"""How sure a model may be: its own probabilities, set against labelled messages."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit, logit

from verbond.errors import DataError
from verbond.expressions.gold import GoldMessage, GoldVerdict, gold_messages, gold_promises, gold_verdicts
from verbond.expressions.learning import fit_temperature, probabilities
from verbond.expressions.training import targets_of

if TYPE_CHECKING:
    from verbond.expressions.raters.endpoint import EndpointRater

__all__ = ["Calibration", "calibrate", "stored_calibration"]

FEWEST = 30
"""Labelled messages that a model must have rated."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """By what the log-odds of a model are divided.

    Attributes
    ----------
    relationship, values, conflict : float
        Above 1: the model was too sure. `conflict` is 1 where no verdicts were asked.
    n_messages, n_verdicts : int
        Labelled ones that it rests on.

    Notes
    -----
    Guo et al. (2017), On calibration of modern neural networks, ICML.
    """

    relationship: float
    values: float
    conflict: float
    n_messages: int
    n_verdicts: int

    def apply(self, relationships: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Of probabilities (n, 5) and (n, 10), inside 0 and 1: the same, calibrated."""
        return probabilities(np.log(relationships), self.relationship), expit(logit(values) / self.values)

    def conflict_of(self, probability: float) -> float:
        """Of the probability that a promise is broken."""
        return float(expit(logit(probability) / self.conflict))


def calibrate(
    rater: EndpointRater,
    folder: Path | None = None,
    messages: Sequence[GoldMessage] | None = None,
    verdicts: Sequence[GoldVerdict] | None = None,
) -> EndpointRater:
    """Ask a model about labelled messages and learn how far to believe it.

    Parameters
    ----------
    rater : EndpointRater
    folder : Path, optional
        Where the outcome is kept: a rater of the same model that is given this folder finds it there.
    messages, verdicts : sequence, optional
        The part `dev` of the gold set where not given; `test` is for measuring.

    Returns
    -------
    EndpointRater
        With its calibration.

    Raises
    ------
    DataError
        If it rated fewer than 30 of the messages.
    EndpointError
        See `EndpointRater.rate`.
    """
    messages = [one for one in gold_messages() if one.split == "dev"] if messages is None else messages
    verdicts = [one for one in gold_verdicts() if one.split == "dev"] if verdicts is None else verdicts
    read = rater.read([one.text for one in messages], [one.language for one in messages])
    rated = [i for i, one in enumerate(read) if one.reason is None]
    if len(rated) < FEWEST:
        raise DataError(
            "too few labelled messages were rated to calibrate a model", got=str(len(rated)),
            expected=f"at least {FEWEST}",
        )  # fmt: skip
    kinds, values = targets_of([messages[i] for i in rated])
    conflict, n_verdicts = _conflict(rater, verdicts)
    found = Calibration(
        fit_temperature(np.log(np.array([read[i].relationship for i in rated])), kinds),
        _two_sided(np.array([read[i].values for i in rated]).ravel(), values.ravel()),
        conflict, len(rated), n_verdicts,
    )  # fmt: skip
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        told = json.dumps(dataclasses.asdict(found), indent=2)
        _place(folder, rater.name, rater.model_version).write_text(told + "\n", "utf-8")
    return rater.calibrated(found)


def stored_calibration(folder: Path | None, name: str, version: str) -> Calibration | None:
    """What `calibrate` kept in a folder for this model; None where there is nothing."""
    if folder is None or not (place := _place(folder, name, version)).is_file():
        return None
    try:
        told = json.loads(place.read_text("utf-8"))
        found = Calibration(**told)
        right = all(float(one) > 0 for one in (found.relationship, found.values, found.conflict))
    except (ValueError, TypeError):
        right = False
    if not right:
        raise DataError("this calibration cannot be read", got=place.name, hint="Calibrate the model again.")
    return found


def _conflict(rater: EndpointRater, verdicts: Sequence[GoldVerdict]) -> tuple[float, int]:
    """Learned from what fits and what conflicts; doubtful messages are doubtful on purpose."""
    promises, raw = gold_promises(), rater.uncalibrated()
    said, truth = [], []
    for id in dict.fromkeys(one.promise for one in verdicts):
        here = [one for one in verdicts if one.promise == id and one.verdict != "check"]
        judged = raw.verdicts([one.text for one in here], [one.language for one in here], promises[id])
        for one, told in zip(here, judged, strict=True):
            if told.conflict is not None:
                said.append(told.conflict)
                truth.append(float(one.verdict == "conflicts"))
    if len(said) < FEWEST // 2:
        return 1.0, 0
    return _two_sided(np.array(said), np.array(truth)), len(said)


def _two_sided(said: np.ndarray, truth: np.ndarray) -> float:
    half = logit(said) / 2
    return fit_temperature(np.column_stack([half, -half]), np.column_stack([truth, 1 - truth]))


def _place(folder: Path, name: str, version: str) -> Path:
    return folder / f"{re.sub(r'[^A-Za-z0-9._-]+', '-', name)[:80]}-{version}.json"
