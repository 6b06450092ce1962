"""`Staying`: how long customers stay, and which groups leave sooner."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from verbond.errors import DataError, OptionError
from verbond.loyalty.grouping import EVERYBODY, Division, shown_groups
from verbond.loyalty.results import Tone
from verbond.loyalty.staying_results import StayingComparison, StayingCurve, StayingRatio, StayingResult
from verbond.loyalty.staying_rows import Lives, Pieces, Window, lives_of, main_stretch, pieces_of, window_of
from verbond.loyalty.survival import Cox, CoxFit
from verbond.method import RELATIONSHIP_TYPES, RUNGS, Text
from verbond.numerics.checks import check_ci_level, check_days
from verbond.numerics.survival import Spans, SurvivalCurve, kaplan_meier, log_rank
from verbond.results import Estimate, Progress, ProgressFunction, Reason, sentence, silent
from verbond.results.groups import MIN_GROUP
from verbond.tables.reads.staying import SO_FAR, Stays, known_groups, stays
from verbond.tables.tables import Tables

__all__ = ["Staying", "by_name", "group_name"]

FEW = 30
"""A curve is drawn where so many are under observation, or a fifth of a smaller group: with fewer, one who
leaves early would pull the whole of it down."""
MOST_GROUPS = 40
N_POINTS = 60
"""Of a curve as it is handed out: single days would show single people."""
CLEAR = 0.05


@dataclass(frozen=True, slots=True)
class Staying:
    """The survival of groups: how long customers stay, where leaving is recorded as a cancellation.

    Parameters
    ----------
    by : sequence of str
        Groups: attributes of customers, and what changes on the way, as it was known before each day: "rung",
        "type", "complaints" (none, one or more so far) and "discount" (bought on it so far: none, up to half,
        more).
    horizon_days : int
        How far ahead the shares of who is still there look.
    ci_level : float

    Examples
    --------
    >>> from verbond.tables import open_tables                        # doctest: +SKIP
    >>> Staying(by=("region", "complaints")).fit(open_tables("demo")) # doctest: +SKIP
    """

    by: Sequence[str] = ()
    horizon_days: int = 365
    ci_level: float = 0.95

    def __post_init__(self) -> None:
        check_days("horizon_days", self.horizon_days)
        check_ci_level(self.ci_level)

    def fit(self, tables: Tables, progress: ProgressFunction = silent) -> StayingResult:
        """Estimate how long customers stay.

        Parameters
        ----------
        tables : Tables
            Needs `events` with cancellations, and of customers since when they are there; what they cannot
            answer comes back as reasons.
        progress : callable, optional

        Returns
        -------
        StayingResult

        Raises
        ------
        NotFoundError
            For groups that the tables do not have.
        OptionError
            For an attribute with too many values to be groups.
        """
        progress(Progress("loyalty_staying.step", 0.0))
        found = stays(tables)
        groups = [known_groups(tables, name) for name in dict.fromkeys(self.by)]
        window = window_of(found) if found is not None else None
        lives = lives_of(found, window) if found is not None and window is not None else None
        if found is None or window is None or lives is None or len(lives.customer_ids) < MIN_GROUP:
            return self._nothing(tables, _unusable(found, lives), window)
        pieces = pieces_of(lives, groups)
        if many := [d.by for d in pieces.divisions if len(d.labels) > MOST_GROUPS]:
            raise OptionError(
                f"{many[0]} has too many values to be groups", expected=f"at most {MOST_GROUPS}"
            )
        shown = _shown(pieces)
        curve = self._curve("", EVERYBODY, lives.spans, len(lives.customer_ids))
        curves = [curve] if curve is not None else []
        parts = [
            _Part.of(d, pieces, codes)
            for d, codes in zip(pieces.divisions, shown, strict=True)
        ]  # fmt: skip
        for part in parts:
            curves += self._curves(part)
        progress(Progress("loyalty_staying.step", 0.5))
        comparisons, ratios = self._compared(parts, pieces)
        headline, tone = self._headline(curves, comparisons, ratios)
        progress(Progress("loyalty_staying.step", 1.0))
        return StayingResult(
            horizon_days=self.horizon_days,
            observed_from=window.first,
            observed_until=window.last,
            curves=tuple(curves),
            comparisons=tuple(comparisons),
            ratios=tuple(ratios),
            headline=headline,
            tone=tone,
            reasons=tuple(_reasons(found, lives, window, parts, curves, comparisons)),
            provenance=tables.provenance(dataclasses.asdict(self)),
        )

    def _nothing(self, tables: Tables, why: Reason, window: Window | None) -> StayingResult:
        first, last = (window.first, window.last) if window is not None else (None, None)
        made = tables.provenance(dataclasses.asdict(self))
        return StayingResult(self.horizon_days, first, last, (), (), (), None, "neutral", (why,), made)

    def _curves(self, part: _Part) -> Iterator[StayingCurve]:
        """The shown groups of one grouping, from one moment on so that they can be held together."""
        spans = {code: part.spans(code) for code in part.codes}
        least = {code: _least(part.n_customers[code]) for code in part.codes}
        stretches = {code: main_stretch(spans[code], least[code]) for code in part.codes}
        begins = max((s[0] for s in stretches.values() if s is not None), default=0.0)
        for code in part.codes:
            curve = self._curve(
                part.division.by, part.division.labels[code], spans[code], part.n_customers[code], begins
            )
            if curve is not None:
                yield curve

    def _curve(
        self, by: str, group: str, spans: Spans, people: int, begins: float = 0.0
    ) -> StayingCurve | None:
        stretch = main_stretch(spans, _least(people))
        if stretch is None or stretch[1] <= max(begins, stretch[0]):
            return None
        begins, ends = max(begins, stretch[0]), stretch[1]
        curve = kaplan_meier(spans, self.ci_level, begins)
        days = np.unique(np.round(np.linspace(begins, ends, N_POINTS + 1)))
        survival, low, high = curve.at(days)
        return StayingCurve(
            by=by, group=group, n_customers=people, n_left=int(spans.event.sum()), begins_days=int(begins),
            ends_days=int(ends), still_there=self._still_there(curve, begins, ends, people),
            mean_days=self._mean(curve, begins, ends, people),
            median_days=self._median(curve, begins, ends, people), days=days, survival=survival,
            ci_lower=low, ci_upper=high, n_at_risk=_at_risk(spans, days),
        )  # fmt: skip

    def _still_there(self, curve: SurvivalCurve, begins: float, ends: float, people: int) -> Estimate:
        at = begins + self.horizon_days
        if at > ends:
            return self._untold("too_short", people)
        value, low, high = (float(v[0]) for v in curve.at(at))
        return Estimate(value, low, high, people, self.ci_level)

    def _mean(self, curve: SurvivalCurve, begins: float, ends: float, people: int) -> Estimate:
        until = begins + self.horizon_days
        if until > ends:
            return self._untold("too_short", people)
        return Estimate(*curve.restricted_mean(until), people, self.ci_level)

    def _median(self, curve: SurvivalCurve, begins: float, ends: float, people: int) -> Estimate:
        value, low, high = (v - begins if v <= ends else None for v in curve.quantile())
        if value is None:
            return self._untold("no_median", people)
        return Estimate(value, low, high, people, self.ci_level)

    def _untold(self, code: str, people: int) -> Estimate:
        reason = Reason(f"loyalty_staying.{code}", {"days": self.horizon_days})
        return Estimate(None, n_obs=people, ci_level=self.ci_level, reason=reason)

    def _compared(
        self, parts: Sequence[_Part], pieces: Pieces
    ) -> tuple[list[StayingComparison], list[StayingRatio]]:
        fits = {p.division.by: self._fit([p], pieces) for p in parts if len(p.leaving) > 1}
        usable = [p for p in parts if p.division.by in fits]
        together = self._fit(usable, pieces) if len(usable) > 1 else None
        comparisons, ratios = [], []
        for part in parts:
            if len(part.codes) < 2:
                continue
            fit = fits.get(part.division.by)
            comparisons.append(_comparison(part, fit))
            if part.leaving:
                ratios += self._ratios(part, fit, together)
        return comparisons, ratios

    def _fit(self, parts: Sequence[_Part], pieces: Pieces) -> CoxFit | None:
        """Cox on pieces of which every group is known, shown and left by somebody."""
        rows = np.logical_and.reduce([np.isin(p.division.codes, p.leaving) for p in parts])
        covariates = {
            f"{p.division.by}={code}": (p.division.codes[rows] == code).astype(np.float64)
            for p in parts
            for code in p.leaving
            if code != p.reference
        }  # fmt: skip
        spans = pieces.spans.select(rows) if rows.any() else None
        if spans is None or not spans.event.any():
            return None
        kept = {name: x for name, x in covariates.items() if x[spans.event].any()}
        if len(kept) < len(covariates) or not kept:
            return None
        try:
            return Cox(ci_level=self.ci_level).fit(spans, kept, clusters=pieces.owner[rows])
        except DataError:  # groupings that say the same
            return None

    def _ratios(self, part: _Part, fit: CoxFit | None, together: CoxFit | None) -> Iterator[StayingRatio]:
        labels, by = part.division.labels, part.division.by
        for code in part.codes:
            if code == part.reference:
                continue
            people = part.n_customers[code]
            adjusted = None if together is None else self._ratio(together, f"{by}={code}", people)
            yield StayingRatio(
                by, labels[code], labels[part.reference], self._ratio(fit, f"{by}={code}", people), adjusted
            )

    def _ratio(self, fit: CoxFit | None, name: str, people: int) -> Estimate:
        if fit is None or name not in fit.names or name in fit.separated:
            reason = Reason("loyalty_staying.no_ratio")
            return Estimate(None, n_obs=people, ci_level=self.ci_level, reason=reason)
        j = fit.names.index(name)
        value, low, high = (float(v[j]) for v in fit.hazard_ratios())
        return Estimate(value, low, high, people, self.ci_level)

    def _headline(
        self, curves: Sequence[StayingCurve], comparisons: Sequence[StayingComparison],
        ratios: Sequence[StayingRatio],
    ) -> tuple[Reason | None, Tone]:  # fmt: skip
        """The clearest difference of the grouping that differs most clearly; else everybody."""
        clear = [c for c in comparisons if c.pvalue * len(comparisons) < CLEAR]
        for one in sorted(clear, key=lambda c: c.pvalue):
            mine = [r for r in ratios if r.by == one.by and _distance(r.ratio) > 0]
            if mine:
                widest = max(mine, key=lambda r: _distance(r.ratio))
                values = _sooner(widest) | {"n": one.n_customers, "level": self.ci_level}
                return Reason("loyalty_staying.headline_ratio", values), "caution"
        whole = next((c for c in curves if not c.by), None)
        if whole is None or whole.still_there.value is None:
            return None, "neutral"
        share = whole.still_there
        values = {
            "days": self.horizon_days, "begins": whole.begins_days, "n": whole.n_customers,
            "share": share.value, "lower": share.ci_lower, "upper": share.ci_upper, "level": self.ci_level,
        }  # fmt: skip
        code = "headline" if whole.begins_days == 0 else "headline_later"
        return Reason(f"loyalty_staying.{code}", values), "neutral"


@dataclass(frozen=True, slots=True)
class _Part:
    """One grouping with the groups of it that may be shown.

    Attributes
    ----------
    division : Division
    pieces : Pieces
    codes : tuple of int
        The groups that may be shown.
    n_customers : dict of int to int
        Ever in each of these.
    leaving : tuple of int
        Those of them of which somebody left.
    reference : int
        Of the leaving the one with the most customer-days; -1 where there is none.
    """

    division: Division
    pieces: Pieces
    codes: tuple[int, ...]
    n_customers: dict[int, int]
    leaving: tuple[int, ...]
    reference: int

    @classmethod
    def of(cls, division: Division, pieces: Pieces, shown: set[int]) -> _Part:
        codes, spans, owner = tuple(sorted(shown)), pieces.spans, pieces.owner
        known, n = division.codes >= 0, max(len(division.labels), 1)
        mine = division.codes[known]
        days = np.bincount(mine, weights=(spans.stop - spans.start)[known], minlength=n)
        left = np.bincount(mine, weights=spans.event[known], minlength=n)
        leaving = tuple(code for code in codes if left[code])
        people = {code: _n_distinct(owner[division.codes == code]) for code in codes}
        reference = max(leaving, key=lambda code: days[code], default=-1)
        return cls(division, pieces, codes, people, leaving, reference)

    def spans(self, code: int) -> Spans:
        return self.pieces.spans.select(self.division.codes == code)


def _n_distinct(ordered: np.ndarray) -> int:
    """How many different ones there are among values in order."""
    return int((ordered[1:] != ordered[:-1]).sum()) + 1 if len(ordered) else 0


def group_name(by: str, group: str) -> Text | str:
    """What a group is called: rungs, types and what we count by their names, others as the data have it."""
    if by == "rung":
        names = {str(r.number): r for r in RUNGS}
        if group in names:
            rung = names[group]
            return _both("loyalty_staying.rung", number=rung.number, name=rung.name)
    if by == "type":
        return next((t.name for t in RELATIONSHIP_TYPES if t.id == group), group)
    if by in ("complaints", "discount"):
        return _both(f"loyalty_staying.{by}_{group}")
    return group


def by_name(by: str) -> Text | str:
    """What a grouping is called."""
    return _both(f"loyalty_staying.by_{by}") if by in SO_FAR else by.replace("_", " ")


def _both(code: str, **values: object) -> Text:
    return Text(en=sentence(code, "en", **values), nl=sentence(code, "nl", **values))


def _distance(ratio: Estimate) -> float:
    """How far the interval of a ratio lies from 1, on the log scale; 0 where it holds 1 or there is none."""
    if ratio.value is None or ratio.ci_lower is None or ratio.ci_upper is None:
        return 0.0
    return float(max(np.log(ratio.ci_lower), -np.log(ratio.ci_upper), 0.0))


def _sooner(row: StayingRatio) -> Mapping[str, object]:
    """Which of two groups leaves sooner, and how many times as fast, above 1."""
    names, value = [row.group, row.reference], row.ratio
    figures = (value.value, value.ci_lower, value.ci_upper)
    ratio, lower, upper = (float(v) for v in figures if v is not None)
    if ratio < 1:
        names, (ratio, lower, upper) = names[::-1], (1 / ratio, 1 / upper, 1 / lower)
    sooner, later = (group_name(row.by, name) for name in names)
    return {
        "by": by_name(row.by), "sooner": sooner, "later": later, "ratio": ratio, "lower": lower,
        "upper": upper,
    }  # fmt: skip


def _least(people: int) -> int:
    return max(MIN_GROUP, min(FEW, people // 5))


def _at_risk(spans: Spans, days: np.ndarray) -> np.ndarray:
    """Under observation just after each day; on the last one just before it."""
    inner = np.r_[days[:-1], np.nextafter(days[-1], 0)]
    return spans.at_risk(inner)


def _shown(pieces: Pieces) -> list[set[int]]:
    """Groups that may be shown, by where customers were last: everybody leaves one group only."""
    if not pieces.divisions:
        return []
    ends = pieces.ends()
    n = len(ends[0].codes)
    everybody = Division("", (EVERYBODY,), np.zeros(n, np.int64))
    shown = shown_groups((everybody, *ends), (np.ones(n, bool),), MIN_GROUP)[1:]
    sizes = [
        [_n_distinct(pieces.owner[d.codes == code]) for code in range(len(d.labels))]
        for d in pieces.divisions
    ]
    return [{c for c in codes if size[c] >= MIN_GROUP} for codes, size in zip(shown, sizes, strict=True)]


def _comparison(part: _Part, fit: CoxFit | None) -> StayingComparison:
    rows = np.isin(part.division.codes, part.codes)
    spans = part.pieces.spans.select(rows)
    test = log_rank(spans, part.division.codes[rows])
    proportional = None
    if fit is not None and not fit.separated:
        terms = {part.division.by: list(fit.names)}
        pvalue = float(fit.proportional(terms=terms).pvalue[0])
        proportional = pvalue if np.isfinite(pvalue) else None
    people = _n_distinct(part.pieces.owner[rows])
    return StayingComparison(
        part.division.by, len(part.codes), people, int(spans.event.sum()), test.statistic, test.df,
        test.pvalue, proportional,
    )  # fmt: skip


def _unusable(found: Stays | None, lives: Lives | None) -> Reason:
    if found is None:
        return Reason("loyalty_staying.no_cancellations")
    if lives is None:
        return Reason("loyalty_staying.no_beginnings")
    return Reason("loyalty.too_small_group", {"least": MIN_GROUP})


def _reasons(
    found: Stays, lives: Lives, window: Window, parts: Sequence[_Part], curves: Sequence[StayingCurve],
    comparisons: Sequence[StayingComparison],
) -> Iterator[Reason]:  # fmt: skip
    def said(code: str, n: int, **more: object) -> Iterator[Reason]:
        if n:
            yield Reason(f"loyalty_staying.{code}", {"n": n, **more})

    whole = next((c for c in curves if not c.by), None)
    if whole is None:
        yield Reason("loyalty_staying.too_few_at_once", {"least": _least(len(lives.customer_ids))})
    elif whole.still_there.value is None:
        yield Reason("loyalty_staying.too_short", {"days": whole.still_there.reason.values["days"]})  # type: ignore[union-attr]
    if whole is not None and whole.begins_days:
        yield Reason("loyalty_staying.begins_later", {"days": whole.begins_days})
    if (window.first, window.last) != (found.first_day, found.last_day):
        yield Reason("loyalty_staying.recorded", {"first": window.first, "last": window.last})
    yield from said("unknown_beginning", lives.n_unknown)
    yield from said("nothing_recorded", lives.n_silent)
    yield from said("bought_after", lives.n_bought_after)
    for part in parts:
        unknown = len(lives.customer_ids) - _n_distinct(part.pieces.owner[part.division.codes >= 0])
        yield from said("group_unknown", unknown, by=by_name(part.division.by))
    yield from said("hidden", sum(len(p.division.labels) - len(p.codes) for p in parts), least=MIN_GROUP)
    for one in comparisons:
        if one.proportional_pvalue is not None and one.proportional_pvalue < CLEAR:
            yield Reason("loyalty_staying.ratio_changes", {"by": by_name(one.by)})
    if any(p.division.by in SO_FAR for p in parts):
        yield Reason("loyalty_staying.known_before")
    if comparisons:
        yield Reason("loyalty_staying.association")
    if whole is not None:
        yield Reason("loyalty_staying.same_over_the_years")
