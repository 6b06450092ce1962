"""Other raters, each asked for by name: a model at an endpoint, a model in a folder, and a cache round any.

- `choosing`: `rater_of`, what an option such as "endpoint" stands for.
- `endpoint`: a model behind the chat interface that many hosts speak; `asking` sends, `prompt` says what is
  asked, `answers` checks what comes back.
- `calibrating`: how sure such a model may be, learned on the gold set.
- `local`: a model of transformers in a folder.
- `cached`: what was rated before is not rated again.
- `exchange`: scores of values as the package pyvalues writes and reads them.
"""

from verbond.expressions.raters.answers import Judgement, Reading
from verbond.expressions.raters.asking import Endpoint
from verbond.expressions.raters.cached import CachedRater
from verbond.expressions.raters.calibrating import Calibration, calibrate
from verbond.expressions.raters.choosing import RATERS, endpoint_of, rater_of
from verbond.expressions.raters.endpoint import EndpointRater
from verbond.expressions.raters.exchange import ValueScores, read_pyvalues, write_pyvalues
from verbond.expressions.raters.local import local_rater

__all__ = [
    "RATERS",
    "CachedRater",
    "Calibration",
    "Endpoint",
    "EndpointRater",
    "Judgement",
    "Reading",
    "ValueScores",
    "calibrate",
    "endpoint_of",
    "local_rater",
    "rater_of",
    "read_pyvalues",
    "write_pyvalues",
]
