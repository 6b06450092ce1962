"""The kiosk: one device on which many answer, also without a connection.

Its page carries the whole questionnaire; a script shows one page at a time and keeps what was handed in on
the device until the server has it. The link is a secret of its own, and is withdrawn by making another.

Variants of stimuli are dealt by the device, from an order that the server draws by the survey's seed: in
blocks in which each variant stands once, so that on one device the counts within a stratum never differ by
more than one. Each device begins at a block by lot; over several devices and the open link, which is dealt
apart, they differ by at most the number of those.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from verbond.listen import Condition, Question, Questionnaire
from verbond.listen.questionnaire import VALUE_MAX, VALUE_MIN
from verbond.method import CIRCLE
from verbond.web.listening import sheets
from verbond.web.people import tokens
from verbond.web.store.models import Sheet, Survey

__all__ = ["N_BLOCKS", "PURPOSE", "Unsound", "close", "find", "lots", "make_link", "rules", "take", "version"]

PURPOSE = "kiosk"
N_BLOCKS = 120
"""Of an order; after the last, the first comes again."""
MOST_SECONDS = 60 * 60
_KINDS = {
    "key": str, "language": str, "answers": dict, "variants": dict, "revision": int, "seconds": (int, float),
}  # fmt: skip
_KEY = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


class Unsound(Exception):
    """What came is not what a kiosk sends."""


# the link


def make_link(survey: Survey) -> str:
    """A new link's token; the one before opens nothing any more."""
    token, survey.kiosk_hash = tokens.made(PURPOSE)
    Survey.objects.filter(pk=survey.pk).update(kiosk_hash=survey.kiosk_hash)
    return token


def close(survey: Survey) -> None:
    """Withdraw the link."""
    survey.kiosk_hash = ""
    Survey.objects.filter(pk=survey.pk).update(kiosk_hash="")


def find(address: str, token: str) -> Survey | None:
    """The survey whose kiosk this address and token open."""
    rows = Survey.objects.select_related("organisation").filter(address=address)
    return rows.filter(kiosk_hash=tokens.hashed(PURPOSE, token)).first()


# what its page carries


def rules(survey: Survey, questionnaire: Questionnaire) -> dict[str, Any]:
    """What the script goes by: the pages without their words, and the orders of the stimuli."""
    return {
        "revision": survey.revision,
        "pages": [
            {
                "asked_if": _condition(page.asked_if),
                "questions": [_question(one) for one in page.questions],
            }
            for page in questionnaire.pages
        ],
        "lots": {one.id: lots(survey.seed, one) for one in questionnaire.stimuli},
    }


def _condition(condition: Condition | None) -> dict[str, Any] | None:
    return None if condition is None else asdict(condition)


def _question(one: Question) -> dict[str, Any]:
    said = {"id": one.id, "kind": one.kind, "required": one.required, "asked_if": _condition(one.asked_if)}
    match one.kind:
        case "scale":
            said |= {"min": one.min, "max": one.max}
        case "choice" | "several" | "ranking":
            said |= {"options": [option.id for option in one.options]}
        case "text":
            said |= {"longest": one.longest}
        case "values":
            ends = {"min": VALUE_MIN, "max": VALUE_MAX}
            said |= {"sides": list(one.sides), "values": [value.id for value in CIRCLE]} | ends
        case "stimulus":
            said |= {"variants": [variant.id for variant in one.variants], "strata": one.strata}
    return said


def lots(seed: int, stimulus: Question) -> list[int]:
    """The order in which a device deals a stimulus: places of its variants, block after block.

    Examples
    --------
    >>> from verbond.listen import Variant
    >>> from verbond.method.types import Text
    >>> words = Text(en="", nl="")
    >>> two = Question("folder", "stimulus", words, variants=(Variant("a", words), Variant("b", words)))
    >>> order = lots(7, two)
    >>> len(order) == 2 * N_BLOCKS, {tuple(sorted(order[n : n + 2])) for n in range(0, len(order), 2)}
    (True, {(0, 1)})
    """
    by_lot = random.Random(f"{seed}|kiosk|{stimulus.id}")
    places = range(len(stimulus.variants))
    return [place for _ in range(N_BLOCKS) for place in by_lot.sample(places, len(places))]


def version(page: bytes) -> str:
    """A short mark of a page's content: another page, another mark."""
    return hashlib.sha256(page).hexdigest()[:16]


# what it sends


def take(survey: Survey, body: bytes) -> Sheet:
    """Take a sheet that a kiosk sends; sent again, it is the same one.

    Parameters
    ----------
    survey : Survey
    body : bytes
        JSON: "key" (a UUID that the device chose), "language", "answers", "variants", "revision", "seconds".

    Raises
    ------
    Unsound
        If it is not that.
    NotOpen
        If the survey takes no answers.
    """
    given = _given(body)
    return sheets.take(
        survey,
        f"{PURPOSE}|{survey.pk}|{given['key']}",
        given["language"],
        given["answers"],
        given["variants"],
        revision=given["revision"],
        seconds=min(max(given["seconds"], 0), MOST_SECONDS),
    )


def _given(body: bytes) -> Mapping[str, Any]:
    try:
        given = json.loads(body, parse_constant=_refused)
    except (ValueError, RecursionError):
        raise Unsound from None
    if not isinstance(given, dict) or set(given) != set(_KINDS):
        raise Unsound
    if any(not isinstance(given[name], kind) or given[name] is True for name, kind in _KINDS.items()):
        raise Unsound
    if not _KEY.fullmatch(given["key"]) or not 1 <= given["revision"] < 1 << 31 or len(given["language"]) > 2:
        raise Unsound
    return given


def _refused(constant: str) -> None:
    raise ValueError(constant)
