"""From answers to scores, with what they rest on.

>>> from verbond.survey import Survey
>>> result = Survey().fit(tables)                              # doctest: +SKIP
>>> tables = tables.add("scores", result.scores)               # doctest: +SKIP

- `model`: `Survey(options).fit(tables)`, and `results`: what it returns.
- `kernel`: alpha, omega, item-rest correlations from covariances; nothing but arrays.
- `scoring`: scores on 0..100 with standard errors; straight lines and equal answers found.
- `leanings`: which relationship type somebody leans to; `congruence`: own values against those seen.
- `report`: a scale's reliability described, with the one thing to keep in mind.
- `columns`: `scale_reliabilities(columns, scales)`, for answers that are not in tables.
- `factor`: `FactorModel`, factor and structural models; `syntax` and `specification` read them, `reticular`
  says what they imply, `likelihood` fits them (missing answers too), `polychoric` and `ordinal` fit ordered
  items, `robust` is for answers that are not normal, `invariance` for groups, `derived` for effects and
  standardised figures.
- `pls`: `PathModel`, PLS path models.
- `graded`: `GradedModel`, one scale for forms and waves, with `graded_fit` and `graded_kernel`.
- `rungs`: `AskedRungs`, which rungs people say they have attained; `rung_models`, `rung_kernel`, `guttman`.
- `drivers`: `Drivers`, what trust, commitment and engagement go with, and `importance`.
- `types`: `RelationshipTypes` per person and segment; `employees`: customer orientation by department.
- `flags`: answers to look at; `weights`: raking; `control`: `SurveyPlanner`, whom to ask and whom not.
"""

from verbond.survey.control import PlanStratum, SurveyPlan, SurveyPlanner
from verbond.survey.drivers import Driver, Drivers, DriversResult, OutcomeDrivers
from verbond.survey.employees import DepartmentOrientation, EmployeesResult, customer_orientation
from verbond.survey.factor import FactorModel
from verbond.survey.factor_results import Effect, FactorEstimate, FactorResult, Invariance, Modification
from verbond.survey.flags import AnswerFlags, FlagCount, flag_answers
from verbond.survey.graded import GradedGroup, GradedItem, GradedModel, GradedResult, GradedScores
from verbond.survey.kernel import (
    Moments,
    Reliability,
    alpha_interval,
    cronbach_alpha,
    omega_total,
    pairwise_moments,
    reliability,
)
from verbond.survey.model import Survey
from verbond.survey.pls import PathModel, PlsBlock, PlsItem, PlsPath, PlsResult
from verbond.survey.results import (
    Congruence,
    ConstructScore,
    Flags,
    ItemStatistics,
    ReliabilityResult,
    ScaleReliability,
    SurveyResult,
    TypeShare,
    ValueMatch,
)
from verbond.survey.rungs import AskedRung, AskedRungs, AskedRungsResult, RungFit, RungProfile
from verbond.survey.types import RelationshipTypes, SegmentTypes, TypesResult, customer_segments
from verbond.survey.weights import (
    Raking,
    WeightedFigures,
    rake,
    weigh_to_customers,
    weighted_figures,
    weighted_mean,
)

__all__ = [
    "AnswerFlags",
    "AskedRung",
    "AskedRungs",
    "AskedRungsResult",
    "Congruence",
    "ConstructScore",
    "DepartmentOrientation",
    "Driver",
    "Drivers",
    "DriversResult",
    "Effect",
    "EmployeesResult",
    "FactorEstimate",
    "FactorModel",
    "FactorResult",
    "FlagCount",
    "Flags",
    "GradedGroup",
    "GradedItem",
    "GradedModel",
    "GradedResult",
    "GradedScores",
    "Invariance",
    "ItemStatistics",
    "Modification",
    "Moments",
    "OutcomeDrivers",
    "PathModel",
    "PlanStratum",
    "PlsBlock",
    "PlsItem",
    "PlsPath",
    "PlsResult",
    "Raking",
    "RelationshipTypes",
    "Reliability",
    "ReliabilityResult",
    "RungFit",
    "RungProfile",
    "ScaleReliability",
    "SegmentTypes",
    "Survey",
    "SurveyPlan",
    "SurveyPlanner",
    "SurveyResult",
    "TypeShare",
    "TypesResult",
    "ValueMatch",
    "WeightedFigures",
    "alpha_interval",
    "cronbach_alpha",
    "customer_orientation",
    "customer_segments",
    "flag_answers",
    "omega_total",
    "pairwise_moments",
    "rake",
    "reliability",
    "weigh_to_customers",
    "weighted_figures",
    "weighted_mean",
]
