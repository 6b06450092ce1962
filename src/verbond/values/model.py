"""Everything about values that a company's tables can tell, in one pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any, cast

import numpy as np

from verbond.errors import DataError
from verbond.method import CIRCLE, Text, named
from verbond.results import Progress, ProgressFunction, Provenance, Reason, Result, silent
from verbond.tables import Tables
from verbond.tables.reads import answers
from verbond.values.circle import CircleResult, ValueCircle
from verbond.values.congruence import CongruenceResult, match_people
from verbond.values.contradictions import Contradictions, check_values
from verbond.values.departments import IdentityResult, compare_identity
from verbond.values.needs import bought_after, identity_of_tables, outcomes_of_answers, profiles_of_answers
from verbond.values.profiles import ProfileResult, Profiles, ValueSpread, profile_result, value_names
from verbond.values.surface import ResponseSurface, SurfaceResult

__all__ = ["Values", "ValuesResult", "outcome_name"]

N_LEADING = 3
"""So many values lead a profile."""
OUTCOMES = ("trust", "commitment")
"""Constructs that a match of values is held against, beside what people bought afterwards."""
HORIZON_DAYS = 180
"""How long after an answer purchases count."""
PURCHASE_DAYS = Text(
    en="days with a purchase in the half year after", nl="dagen met een aankoop in het half jaar erna"
)
"""What purchases are called as an outcome."""
HALF_SCALE = 25.0
"""Unit of the surfaces: a quarter of the scale of 0..100."""


@dataclass(frozen=True, slots=True)
class ValuesResult(Result):
    """What the tables tell of values.

    Attributes
    ----------
    own, image : ProfileResult or None
        What customers hold dear; what they see in the company. On 0..100.
    identity : IdentityResult or None
        What employees see in it, beside the image.
    circle : CircleResult or None
        Of the customers' own values.
    congruence : CongruenceResult or None
    surfaces : tuple of SurfaceResult
        Of each outcome (trust, commitment, days with a purchase in the 180 days after the answer) on each
        value, own x seen, centred on the person; those of which misfit goes with the
        outcome (Holm over all of them, 5%) first, strongest on top.
    n_surfaces_told : int
        How many of them those are.
    leading : dict of str to tuple of str
        The three values that stand out in each profile: "own", "image", "identity".
    contradictions : Contradictions or None
        Between what the house sees most in itself and what customers see most in it.
    reasons : tuple of Reason
        What cannot be told, and what has to be asked.
    provenance : Provenance
    own_spread : ValueSpread or None
        How the customers' own values go together; not in JSON.
    """

    own: ProfileResult | None
    image: ProfileResult | None
    identity: IdentityResult | None
    circle: CircleResult | None
    congruence: CongruenceResult | None
    surfaces: tuple[SurfaceResult, ...]
    n_surfaces_told: int
    leading: dict[str, tuple[str, ...]]
    contradictions: Contradictions | None
    reasons: tuple[Reason, ...]
    provenance: Provenance = field(default_factory=Provenance)
    own_spread: ValueSpread | None = field(default=None, metadata={"json": False}, repr=False)

    def to_dicts(self) -> list[dict[str, Any]]:
        """One row a value: own, image and identity, centred on each person's mean."""
        sides = {
            "own": {row.value: row.centred.value for row in self.own.values} if self.own else {},
            "image": {row.value: row.centred.value for row in self.image.values} if self.image else {},
            "identity": {row.value: row.identity.value for row in self.identity.values}
            if self.identity
            else {},
        }
        seen = {v for side in sides.values() for v in side}
        order = [v.id for v in CIRCLE if v.id in seen] or sorted(seen)
        return [{"value": v} | {name: side.get(v) for name, side in sides.items()} for v in order]


@dataclass(frozen=True, slots=True)
class Values:
    """Profiles, circle, congruence, surfaces, identity and contradictions, as far as the tables go.

    Parameters
    ----------
    n_bootstrap : int
        Of the circle's regions and the surfaces' axes.
    outcomes : sequence of str
        Constructs of the table `scores`.
    seed : int

    Examples
    --------
    >>> from verbond.tables import open_tables                        # doctest: +SKIP
    >>> result = Values().fit(open_tables("demo"))                    # doctest: +SKIP
    """

    n_bootstrap: int = 300
    outcomes: Sequence[str] = OUTCOMES
    seed: int = 0

    def fit(self, tables: Tables, progress: ProgressFunction = silent) -> ValuesResult:
        """Run what the answers allow.

        Parameters
        ----------
        tables : Tables
            Reads `responses`, and `scores` where survey has written them.
        progress : callable, optional

        Returns
        -------
        ValuesResult
        """
        progress(Progress("values.step_profiles", 0.0))
        asked = answers(tables)
        own, image = (profiles_of_answers(asked, tables, side) for side in ("own", "seen"))
        house = identity_of_tables(tables)
        reasons: list[Reason] = []
        if own is None and image is None and house is None:
            reasons.append(Reason("values.nobody_asked"))
        own_result = profile_result(own) if own is not None else None
        image_result = profile_result(image, own=False) if image is not None else None
        reasons += own_result.questions if own_result is not None else ()
        identity = compare_identity(house, image, seed=self.seed) if house and image else None
        reasons += identity.reasons if identity is not None else ()
        progress(Progress("values.step_circle", 0.3))
        circle = self._circle(own, reasons) if own is not None else None
        progress(Progress("values.step_surface", 0.6))
        congruence = match_people(own, image) if own is not None and image is not None else None
        outcomes = outcomes_of_answers(asked, tables, self.outcomes)
        bought = bought_after(asked, tables, HORIZON_DAYS)
        if bought is not None and np.isfinite(bought).any():
            outcomes["purchases"] = bought
        surfaces, n_told = self._surfaces(own, image, outcomes) if own and image else ((), 0)
        leading = _leading(own_result, image_result, identity)
        return ValuesResult(
            own=own_result, image=image_result, identity=identity, circle=circle, congruence=congruence,
            surfaces=surfaces, n_surfaces_told=n_told, leading=leading,
            contradictions=_between(leading, own), reasons=tuple(reasons),
            own_spread=own.spread() if own is not None else None,
            provenance=tables.provenance(
                {"n_bootstrap": self.n_bootstrap, "outcomes": list(self.outcomes)}, seed=self.seed
            ),
        )  # fmt: skip

    def _circle(self, own: Profiles, reasons: list[Reason]) -> CircleResult | None:
        try:
            return ValueCircle(n_bootstrap=self.n_bootstrap, seed=self.seed).fit(own)
        except DataError as error:
            reasons.append(Reason("values.no_circle", {"why": str(error)}))
            return None

    def _surfaces(
        self, own: Profiles, image: Profiles, outcomes: Mapping[str, np.ndarray]
    ) -> tuple[tuple[SurfaceResult, ...], int]:
        """Every value and outcome; Holm's correction says which tell something, and those get intervals."""
        names = value_names(own.values)

        def fit(construct: str, value: str, n_bootstrap: int) -> SurfaceResult:
            held, seen = (p.centred[:, p.values.index(value)] for p in (own, image))
            model = ResponseSurface(unit=HALF_SCALE, n_bootstrap=n_bootstrap, seed=self.seed)
            return model.fit(
                held, seen, outcomes[construct], value=names[value], provenance=own.provenance,
                names=(f"own_{value}", f"seen_{value}", outcome_name(construct)),
            )  # fmt: skip

        found = []
        for pair in product(outcomes, [v for v in own.values if v in image.values]):
            try:
                found.append((fit(*pair, 0), pair))
            except DataError:
                continue
        found.sort(key=lambda hit: hit[0].misfit_pvalue)
        n = len(found)
        n_told = next((i for i, (s, _) in enumerate(found) if s.misfit_pvalue * (n - i) > 0.05), n)
        told = [fit(*pair, self.n_bootstrap) for _, pair in found[:n_told]]
        return (*told, *(surface for surface, _ in found[n_told:])), n_told


def outcome_name(outcome: str) -> Text:
    """What an outcome of a surface is called inside a sentence."""
    return PURCHASE_DAYS if outcome == "purchases" else cast(Text, named(outcome))


def _leading(
    own: ProfileResult | None, image: ProfileResult | None, identity: IdentityResult | None
) -> dict[str, tuple[str, ...]]:
    """The values that stand clearly above a person's mean, at most three of each profile."""
    profiles = {
        "own": [(r.value, r.centred) for r in own.values] if own else [],
        "image": [(r.value, r.centred) for r in image.values] if image else [],
        "identity": [(r.value, r.identity) for r in identity.values] if identity else [],
    }
    found = {}
    for name, rows in profiles.items():
        above = [(v, e.value) for v, e in rows if e.value is not None and (e.ci_lower or 0.0) > 0]
        found[name] = tuple(v for v, _ in sorted(above, key=lambda pair: -pair[1])[:N_LEADING])
    return {name: values for name, values in found.items() if values}


def _between(leading: dict[str, tuple[str, ...]], own: Profiles | None) -> Contradictions | None:
    """Every pair of the values that lead in the house or with customers."""
    chosen = dict.fromkeys((*leading.get("identity", ()), *leading.get("image", ())))
    return check_values(list(chosen), customers=own) if len(chosen) > 1 else None
