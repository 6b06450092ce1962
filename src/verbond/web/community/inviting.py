"""Whom to ask first: customers who showed interest and gave consent, as the plan names them."""

from __future__ import annotations

from dataclasses import dataclass, field

from verbond.web.diagnosing import diagnosis_of, open_data
from verbond.web.listening.invitees import Candidate
from verbond.web.listening.lists import candidates_of_customers
from verbond.web.store import reads
from verbond.web.store.models import Organisation

__all__ = ["FEWEST", "MOST", "Proposed", "proposed_for"]

FEWEST, MOST = 5, 200


@dataclass(frozen=True, slots=True)
class Proposed:
    """Customers who may be asked.

    Attributes
    ----------
    candidates : tuple of Candidate
        Who showed interest, gave consent, and of whom an address is kept.
    why : dict of str to tuple of str
        Pseudonym -> why: "contributed", "referred", "high", "answered".
    n_interested : int or None
        Who showed interest, with consent or without; None where nothing is known.
    consent_known : bool
    """

    candidates: tuple[Candidate, ...] = ()
    why: dict[str, tuple[str, ...]] = field(default_factory=dict)
    n_interested: int | None = None
    consent_known: bool = False


def proposed_for(organisation: Organisation, n: int) -> Proposed:
    """The first so many to ask; nobody where no diagnosis was made or nothing is known of consent."""
    from verbond.diagnosis.plan.inviting import invite_list

    run = reads.last_run(organisation)
    if run is None:
        return Proposed()
    with open_data(organisation) as tables:
        found = invite_list(tables, diagnosis_of(run).ladder, n=n)
    why = {one.customer_id: one.why for one in found.customers}
    candidates = tuple(candidates_of_customers(organisation, only=why)) if why else ()
    return Proposed(candidates, why, found.n_interested, found.consent_known)
