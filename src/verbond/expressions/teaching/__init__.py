"""Learning from a company's own people: which messages they should read, and what their answers teach.

- `labels`: what somebody said of a message; a file with it; what all who read it said.
- `queue`: which messages to read next, and why each of them.
- `agreement`: Krippendorff's alpha, how far people agree.
- `sureness`: whether probabilities come true, in bins and as one number.
- `lesson`: heads learned anew with the labels, kept in one file.
- `taught`: the rater that uses them, and a label at once where a message is nearly the same.
"""

from verbond.expressions.teaching.agreement import Agreement, agreement
from verbond.expressions.teaching.labels import Label, Opinion, labels_to_csv, opinions_of, read_labels
from verbond.expressions.teaching.lesson import Lesson, learn
from verbond.expressions.teaching.queue import Queue, Queued, queue
from verbond.expressions.teaching.sureness import Bin, Sureness, sureness
from verbond.expressions.teaching.taught import TaughtRater, taught_promise, taught_rater

__all__ = [
    "Agreement",
    "Bin",
    "Label",
    "Lesson",
    "Opinion",
    "Queue",
    "Queued",
    "Sureness",
    "TaughtRater",
    "agreement",
    "labels_to_csv",
    "learn",
    "opinions_of",
    "queue",
    "read_labels",
    "sureness",
    "taught_promise",
    "taught_rater",
]
