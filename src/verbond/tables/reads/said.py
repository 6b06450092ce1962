"""What the company, its people and its customers said, and which actions carried it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from verbond.tables.schema import STIMULUS
from verbond.tables.tables import Tables

__all__ = ["Said", "SaidAction", "said"]


@dataclass(frozen=True, slots=True)
class SaidAction:
    """An action, as far as what is said goes.

    Attributes
    ----------
    action_id, kind : str
    rung : int or None
        Meant to serve.
    message_id : str
        That carried it; "" where not known.
    n_reached : int
        Different customers.
    """

    action_id: str
    kind: str
    rung: int | None
    message_id: str
    n_reached: int


@dataclass(frozen=True, slots=True)
class Said:
    """Messages with words in them.

    Attributes
    ----------
    message_id, speaker, department, channel, action_id, customer_id, language : (n,) object
        "" where not known. The customer of what the company says to many is "".
    text, image : (n,) object
        Words; the caption or file name of a picture, or "".
    day : (n,) datetime64[D]
        NaT where not known.
    n_customers : (n,) int64
        To how many known customers the company said it, as far as `messages` tells.
    n_said : dict of str to int
        By speaker: of how many messages these are drawn.
    n_images, n_without_words : int
        Messages with a picture, and those of them without words.
    actions : tuple of SaidAction
    """

    message_id: np.ndarray = field(repr=False)
    speaker: np.ndarray = field(repr=False)
    department: np.ndarray = field(repr=False)
    channel: np.ndarray = field(repr=False)
    action_id: np.ndarray = field(repr=False)
    customer_id: np.ndarray = field(repr=False)
    language: np.ndarray = field(repr=False)
    text: np.ndarray = field(repr=False)
    image: np.ndarray = field(repr=False)
    day: np.ndarray = field(repr=False)
    n_customers: np.ndarray = field(repr=False)
    n_said: dict[str, int]
    n_images: int
    n_without_words: int
    actions: tuple[SaidAction, ...]

    def __len__(self) -> int:
        return len(self.text)


def said(tables: Tables, most: int = 20_000) -> Said | None:
    """Read what was said, each message once.

    What the company says in the same words in one month counts as one message, however many customers got
    it; what employees and customers write counts each time.

    Parameters
    ----------
    tables : Tables
    most : int
        Messages a speaker; of more a lot draws, the same each time.

    Returns
    -------
    Said or None
        None without a table `messages`.

    Examples
    --------
    >>> rows = {"message_id": ["a", "b", "c"], "speaker": ["company", "company", "customer"],
    ...         "text": ["Buy now!", "Buy now!", "Too dear."]}
    >>> found = said(Tables.from_columns({"messages": rows}))
    >>> found.text.tolist(), found.n_said
    (['Buy now!', 'Too dear.'], {'company': 1, 'customer': 1})
    """
    if "messages" not in tables:
        return None
    found = tables.select("said", most=most)
    pictures = tables.select("said_pictures")
    names = (
        "message_id", "speaker", "department", "channel", "action_id", "customer_id", "language", "text",
        "image",
    )  # fmt: skip
    columns = {name: found[name].astype(object) for name in names}
    return Said(
        **columns,
        day=found["day"].astype("datetime64[D]"),
        n_customers=found["n_customers"].astype(np.int64),
        n_said=dict(sorted(zip(columns["speaker"].tolist(), map(int, found["n_said"]), strict=True))),
        n_images=int(pictures["n_images"][0]),
        n_without_words=int(np.nan_to_num(float(pictures["n_without_words"][0] or 0))),
        actions=_actions(tables),
    )


def _actions(tables: Tables) -> tuple[SaidAction, ...]:
    if "actions" not in tables:
        return ()
    found = tables.select("said_actions", left_out=STIMULUS)
    return tuple(
        SaidAction(str(action), str(kind), None if np.isnan(rung) else int(rung), str(message), int(n))
        for action, kind, rung, message, n in zip(
            *(found[name] for name in ("action_id", "kind", "rung", "message_id", "n_reached")), strict=True
        )
    )
