"""A model's text with all that it leaves open filled in, as parameters of one group or more."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from verbond.errors import OptionError
from verbond.survey.reticular import MEANS, PATHS, SPREAD, Cells
from verbond.survey.syntax import Definition, Term, definition, parse_model

__all__ = ["EQUAL", "Equal", "Specification"]

Equal = Literal[
    "loadings",
    "intercepts",
    "thresholds",
    "residuals",
    "regressions",
    "means",
    "lv.variances",
    "lv.covariances",
]
EQUAL: tuple[str, ...] = get_args(Equal)


@dataclass(frozen=True, slots=True)
class Specification:
    """Parameters of a model.

    Attributes
    ----------
    observed, latent : tuple of str
    terms : tuple of Term
        Those that the text leaves open have line 0.
    exogenous : tuple of str
        Observed variables that nothing leads to.
    defined : tuple of Definition
    n_groups : int
    equal : frozenset of str
        Kinds of parameters that are equal in all groups.
    partial : frozenset of (lhs, op, rhs)
        Parameters of these kinds that are not.
    std_lv : bool
    """

    observed: tuple[str, ...]
    latent: tuple[str, ...]
    terms: tuple[Term, ...]
    exogenous: tuple[str, ...]
    defined: tuple[Definition, ...] = ()
    n_groups: int = 1
    equal: frozenset[str] = frozenset()
    partial: frozenset[tuple[str, str, str]] = frozenset()
    std_lv: bool = False

    @classmethod
    def of(
        cls,
        text: str,
        std_lv: bool = False,
        *,
        means: bool = False,
        n_groups: int = 1,
        equal: Sequence[str] = (),
        partial: Sequence[str] = (),
    ) -> Specification:
        """Read a model; means are modelled when asked, or when the text has an intercept."""
        parsed = parse_model(text)
        given = [t for t in parsed if t.op != ":="]
        if wrong := [t for t in given if t.each and len(t.each) != n_groups and n_groups > 1]:
            raise OptionError(
                f"line {wrong[0].line} of the model gives modifiers to another number of groups",
                got=str(len(wrong[0].each)), expected=str(n_groups),
            )  # fmt: skip
        if wrong := [t for t in given if t.op == "<~"]:
            raise OptionError(
                f"line {wrong[0].line} of the model is not for this fit", got="<~", expected="=~, ~ or ~~",
                hint="Constructs that items form are for `verbond survey pls`.",
            )  # fmt: skip
        _check_repeated(given)
        latent = tuple(dict.fromkeys(t.lhs for t in given if t.op == "=~"))
        named = dict.fromkeys(t.rhs for t in given if t.op == "=~")
        named |= dict.fromkeys(n for t in given if t.op == "~" for n in (t.lhs, t.rhs))
        observed = tuple(n for n in named if n not in latent)
        if not observed:
            raise OptionError(
                "the model has no items", expected="statements such as trust =~ trust_1 + trust_2"
            )
        for term in given:
            named_here = {term.lhs, term.rhs} if term.op == "~~" else {term.lhs} if term.op == "~1" else set()
            if stray := named_here - {*latent, *observed}:
                raise OptionError(f"line {term.line} of the model: {min(stray)!r} stands nowhere else")
        terms = [*_marked(given, latent, std_lv), *_open(given, latent, observed, std_lv)]
        if means or any(t.op == "~1" for t in given):
            terms += _open_means(given, latent, observed)
        labels = {one.label for t in terms for one in (t, *t.each) if one.label}
        defined = _definitions([t for t in parsed if t.op == ":="], labels)
        led_to = {t.rhs for t in given if t.op == "=~"} | {t.lhs for t in given if t.op == "~"}
        return cls(
            observed, latent, tuple(terms), tuple(n for n in observed if n not in led_to), defined, n_groups,
            frozenset(equal), _partial(partial, terms), std_lv,
        )  # fmt: skip

    @property
    def has_means(self) -> bool:
        """Whether means are modelled."""
        return any(t.op == "~1" for t in self.terms)

    @property
    def names(self) -> tuple[str, ...]:
        """All variables, observed ones first."""
        return (*self.observed, *self.latent)

    def baseline(self) -> Specification:
        """Independent variables; those that nothing leads to may covary with one another."""
        out = self.exogenous
        terms = [Term(n, "~~", n) for n in self.observed]
        terms += [Term(a, "~~", b) for i, a in enumerate(out) for b in out[i + 1 :]]
        terms += [Term(n, "~1", "") for n in self.observed] if self.has_means else []
        return Specification(self.observed, (), tuple(terms), out, n_groups=self.n_groups)

    def kind(self, term: Term) -> str:
        """Which kind of parameter it is, in the words of `equal`."""
        if term.op in ("=~", "~"):
            return "loadings" if term.op == "=~" else "regressions"
        if term.op == "~1":
            return "means" if term.lhs in self.latent else "intercepts"
        if term.lhs in self.latent:
            return "lv.variances" if term.lhs == term.rhs else "lv.covariances"
        return "residuals" if term.lhs == term.rhs else "residual.covariances"

    def fixed(self, term: Term, group: int) -> float | None:
        """The value at which a parameter is fixed in a group.

        Where intercepts (loadings) are equal, the means (variances) that set the scale of factors need to
        do so in the first group only.
        """
        term = term.at(group)
        if group and not term.line:
            kind = self.kind(term)
            shifted = {"intercepts", "thresholds"} & self.equal
            if kind == "means" and shifted and "means" not in self.equal:
                return None
            if kind == "lv.variances" and self.std_lv and {"loadings"} <= self.equal:
                return None if "lv.variances" not in self.equal else term.fixed
        return term.fixed

    def cells(self, moments: Sequence[tuple[np.ndarray, np.ndarray | None]]) -> list[Cells]:
        """Parameters of each group as cells, with start values for its covariances and means."""
        numbers: dict[str, int] = {}
        index = np.full((self.n_groups, len(self.terms)), -1, dtype=np.int64)
        for g in range(self.n_groups):
            for c, term in enumerate(self.terms):
                if self.fixed(term, g) is None:
                    shared = self.kind(term) in self.equal and term.place not in self.partial
                    key = term.at(g).label or (f" {c}" if shared else f" {c} {g}")
                    index[g, c] = numbers.setdefault(key, len(numbers))
        return [self._group(g, index[g], len(numbers), *moments[g]) for g in range(self.n_groups)]

    def places(self, terms: Sequence[Term]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Matrix, row and column of each term, as in `Cells`."""
        place = {name: j for j, name in enumerate(self.names)}
        code = {"=~": PATHS, "~": PATHS, "~~": SPREAD, "~1": MEANS}
        rows = [place[t.rhs if t.op == "=~" else t.lhs] for t in terms]
        columns = [place[t.rhs if t.op in ("~", "~~") else t.lhs] for t in terms]
        matrix = np.array([code[t.op] for t in terms], dtype=np.int8)
        return matrix, np.array(rows, dtype=np.int64), np.array(columns, dtype=np.int64)

    def _group(
        self, group: int, index: np.ndarray, n_free: int, cov: np.ndarray, mean: np.ndarray | None
    ) -> Cells:
        fixed = [self.fixed(t, group) for t in self.terms]
        cells = Cells(
            *self.places(self.terms), index, np.array([np.nan if v is None else v for v in fixed]),
            len(self.observed), len(self.names), n_free,
        )  # fmt: skip
        return dataclasses.replace(cells, value=_starts(self, cells, cov, mean))


def _partial(texts: Sequence[str], terms: Sequence[Term]) -> frozenset[tuple[str, str, str]]:
    known = {term.place for term in terms}
    found = frozenset(term.place for text in texts for term in parse_model(text))
    if strange := found - known:
        raise OptionError("no such parameter to set free", got=" ".join(min(strange)).strip())
    return found


def _definitions(terms: Sequence[Term], labels: set[str]) -> tuple[Definition, ...]:
    found: list[Definition] = []
    known = set(labels)
    for term in terms:
        one = definition(term)
        if strange := [label for label in one.labels if label not in known]:
            raise OptionError(
                f"line {term.line} of the model uses a label that no parameter has", got=repr(strange[0]),
                expected=", ".join(sorted(known)[:8]) or "a label before *, as in loyalty ~ a*trust",
            )  # fmt: skip
        if term.lhs in known:
            raise OptionError(f"line {term.line} of the model defines {term.lhs!r} again")
        known.add(term.lhs)
        found.append(one)
    return tuple(found)


def _check_repeated(given: Sequence[Term]) -> None:
    seen: set[tuple] = set()
    for term in given:
        pair = (term.op, *sorted((term.lhs, term.rhs))) if term.op == "~~" else (term.op, term.lhs, term.rhs)
        if pair in seen or (term.op in ("=~", "~") and term.lhs == term.rhs):
            raise OptionError(f"line {term.line} of the model says again: {term.lhs} {term.op} {term.rhs}")
        seen.add(pair)


def _marked(given: Sequence[Term], latent: Sequence[str], std_lv: bool) -> list[Term]:
    """The terms of the text, first loadings fixed at 1 unless freed or factors are standardised."""
    first = {name: next(t for t in given if t.op == "=~" and t.lhs == name) for name in latent}

    def mark(term: Term) -> Term:
        term = dataclasses.replace(term, each=tuple(mark(one) for one in term.each))
        return dataclasses.replace(term, fixed=1.0) if term.fixed is None and not term.free else term

    marked = {id(term) for term in first.values()} if not std_lv else set()
    return [mark(term) if id(term) in marked else term for term in given]


def _open(given: Sequence[Term], latent: Sequence[str], observed: Sequence[str], std_lv: bool) -> list[Term]:
    """Variances and covariances that the text leaves open, as lavaan's cfa and sem fill them in."""
    said = {frozenset((t.lhs, t.rhs)) for t in given if t.op == "~~"}
    led_to = {t.rhs for t in given if t.op == "=~"} | {t.lhs for t in given if t.op == "~"}
    leads = {t.lhs for t in given if t.op == "=~" and t.rhs in latent} | {t.rhs for t in given if t.op == "~"}
    single = {
        next(t.rhs for t in given if t.op == "=~" and t.lhs == name)
        for name in latent
        if sum(t.op == "=~" and t.lhs == name for t in given) == 1
    }
    terms = []
    for name in (*observed, *latent):
        if frozenset((name,)) not in said:
            fixed = 0.0 if name in single and name in observed else 1.0 if std_lv and name in latent else None
            terms.append(Term(name, "~~", name, fixed))
    indicators = {t.rhs for t in given if t.op == "=~"}
    groups = (
        [n for n in latent if n not in led_to],
        [n for n in observed if n not in led_to],
        [n for n in (*latent, *observed) if n in led_to and n not in leads and n not in indicators],
    )
    for group in groups:
        for i, one in enumerate(group):
            terms += [Term(one, "~~", two) for two in group[i + 1 :] if frozenset((one, two)) not in said]
    return terms


def _open_means(given: Sequence[Term], latent: Sequence[str], observed: Sequence[str]) -> list[Term]:
    said = {t.lhs for t in given if t.op == "~1"}
    items = [Term(n, "~1", "") for n in observed if n not in said]
    return items + [Term(n, "~1", "", 0.0) for n in latent if n not in said]


def _starts(spec: Specification, cells: Cells, cov: np.ndarray, mean: np.ndarray | None) -> np.ndarray:
    """Loadings by each factor's first principal component, half of every variance, the rest at 0."""
    place = {name: j for j, name in enumerate(spec.observed)}
    sd, value = np.sqrt(np.diag(cov)), cells.value.copy()
    exogenous = {place[n] for n in spec.exogenous}
    scale = dict.fromkeys(spec.latent, 1.0)
    for name in spec.latent:
        items = [c for c, t in enumerate(spec.terms) if t.op == "=~" and t.lhs == name and t.rhs in place]
        if not items:
            continue
        j = [place[spec.terms[c].rhs] for c in items]
        first = np.linalg.eigh(cov[np.ix_(j, j)] / np.outer(sd[j], sd[j]))[1][:, -1]
        size = 0.7 * first * np.sqrt(len(j)) * (np.sign(first.sum()) or 1.0) * sd[j]
        fixed = [k for k, c in enumerate(items) if cells.index[c] < 0 and abs(value[c]) > 1e-6]
        unit = size[fixed[0]] / value[items[fixed[0]]] if fixed and abs(size[fixed[0]]) > 1e-6 else 1.0
        scale[name] = unit**2
        for k, c in enumerate(items):
            value[c] = size[k] / unit if np.isnan(value[c]) else value[c]
    for c, term in enumerate(spec.terms):
        if not np.isnan(value[c]):
            continue
        i, j = int(cells.row[c]), int(cells.column[c])
        if term.op == "~1":
            value[c] = mean[i] if mean is not None and i < len(mean) else 0.0
        elif term.op == "=~":
            value[c] = 1.0
        elif term.op == "~~" and i == j:
            share = 1.0 if i in exogenous or not spec.latent else 0.5
            value[c] = scale[term.lhs] if term.lhs in scale else share * cov[i, i]
        else:
            value[c] = cov[i, j] if {i, j} <= exogenous else 0.0
    return value
