"""What is agreed before an experiment begins, on one page that cannot be changed unseen."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
from dataclasses import dataclass
from typing import Any

from verbond.errors import OptionError
from verbond.results import Language, Provenance, Reason, Result, sentence

__all__ = ["CheckedRegistration", "Registration", "check_registration"]

_MARK = "SHA-256: "


@dataclass(frozen=True, slots=True)
class Registration:
    """What will be done, looked at and decided.

    Parameters
    ----------
    hypothesis : str
        What is expected, in one sentence.
    action : str
        What is done, and to whom.
    control : str
        What the others get.
    outcomes : tuple of str
        What is looked at; the first one counts most.
    smallest_effect : float
        The smallest effect worth knowing, in the unit of the first outcome.
    n_per_arm : int
    registered_on : date
    variants : int
    covariates, strata : tuple of str
        What is known beforehand and used.
    cluster : str, optional
        What is assigned as a whole.
    margin : float, optional
        The largest difference that makes no difference.
    any_look : bool
        One may look and stop at any moment.
    ends_on : date, optional
        Last day.
    exclusions : str
        Who is left out, and by which rule.

    Examples
    --------
    >>> page = Registration(
    ...     "Care builds more trust than price.", "the care folder", "the price folder", ("trust",), 3.0, 699,
    ...     dt.date(2026, 5, 1),
    ... ).page()
    >>> check_registration(page).unchanged, check_registration(page.replace("699", "99")).unchanged
    (True, False)
    """

    hypothesis: str
    action: str
    control: str
    outcomes: tuple[str, ...]
    smallest_effect: float
    n_per_arm: int
    registered_on: dt.date
    variants: int = 1
    covariates: tuple[str, ...] = ()
    strata: tuple[str, ...] = ()
    cluster: str | None = None
    margin: float | None = None
    any_look: bool = False
    ends_on: dt.date | None = None
    exclusions: str = ""

    def __post_init__(self) -> None:
        for name in ("hypothesis", "action", "control", "outcomes"):
            if not getattr(self, name):
                raise OptionError(
                    f"{name} is needed", hint="What is not agreed beforehand is decided afterwards."
                )
        if self.n_per_arm < 2:
            raise OptionError("n_per_arm is out of range", got=repr(self.n_per_arm), expected="2 or more")
        if self.margin is not None and not self.margin > 0:
            raise OptionError("margin is out of range", got=repr(self.margin), expected="more than 0")
        if self.ends_on is not None and self.ends_on < self.registered_on:
            raise OptionError(
                "the last day is before the day of registration", got=f"{self.ends_on}, {self.registered_on}"
            )

    def page(self, language: Language = "en") -> str:
        """The agreement as Markdown; its last line is the SHA-256 of everything above it."""
        said = [
            "# " + sentence("effects.registration_title", language),
            sentence("effects.registration_day", language, day=self.registered_on),
        ]
        for name, text in self._parts(language):
            said += [f"## {sentence(f'effects.registration_{name}', language)}", text]
        body = "\n\n".join(said) + "\n\n"
        return f"{body}{_MARK}{_hash(body)}\n"

    def _parts(self, language: Language) -> list[tuple[str, str]]:
        def say(code: str, **values: Any) -> str:
            return sentence(f"effects.registration_{code}", language, **values)

        analysis = [
            say("compared" if self.cluster is None else "compared_clusters", cluster=self.cluster or "")
        ]
        if self.covariates:
            analysis.append(say("covariates", names=list(self.covariates)))
        if self.strata:
            analysis.append(say("strata", names=list(self.strata)))
        if len(self.outcomes) * self.variants > 1:
            analysis.append(say("corrected", n=len(self.outcomes) * self.variants))
        analysis.append(
            say("no_margin") if self.margin is None else say("margin", margin=_figure(self.margin, language))
        )
        stopping = [say("size", n=self.n_per_arm, effect=_figure(self.smallest_effect, language))]
        stopping.append(say("any_look" if self.any_look else "one_look"))
        if self.ends_on is not None:
            stopping.append(say("ends", day=self.ends_on))
        return [
            ("hypothesis", _quoted(self.hypothesis)),
            ("action", _quoted(self.action)),
            ("control", _quoted(self.control)),
            ("outcomes", "\n".join(f"{i}. {_quoted(name)}" for i, name in enumerate(self.outcomes, 1))),
            ("analysis", " ".join(analysis)),
            ("stopping", " ".join(stopping)),
            ("exclusions", _quoted(self.exclusions) if self.exclusions else say("nobody")),
        ]


@dataclass(frozen=True, slots=True)
class CheckedRegistration(Result):
    """Whether a page is still what was agreed.

    Attributes
    ----------
    unchanged : bool
    fingerprint : str
        SHA-256 of the page as it is now; "" where it states none.
    headline : Reason
    provenance : Provenance
    """

    unchanged: bool
    fingerprint: str
    headline: Reason
    provenance: Provenance = dataclasses.field(default_factory=Provenance)

    def to_dicts(self) -> list[dict[str, Any]]:
        """One row."""
        return [{"unchanged": self.unchanged, "fingerprint": self.fingerprint}]


def check_registration(page: str) -> CheckedRegistration:
    """Compare a page with the hash in its last line.

    The hash shows that the page is the one that somebody else wrote down the hash of; who can change the page
    can change its last line too. So send the hash to a colleague on the day itself.
    """
    body, mark, stated = page.replace("\r\n", "\n").rstrip("\n").rpartition(_MARK)
    found = _hash(body) if mark else ""
    unchanged = bool(mark) and stated.strip() == found
    code = "registration_unchanged" if unchanged else "registration_changed"
    return CheckedRegistration(unchanged, found, Reason(f"effects.{code}", {"fingerprint": found[:12]}))


def _hash(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()


def _figure(value: float, language: Language) -> str:
    """A figure as it was given, whatever its size, with the comma that Dutch has."""
    return f"{value:.15g}".replace(".", "," if language == "nl" else ".")


def _quoted(text: str) -> str:
    """The user's words on one line, without meaning in Markdown or HTML."""
    line = " ".join(text.split())
    return "".join("\\" + c if c in "\\`*_[]<>#|" else c for c in line)
