"""What is said and written: the company picture in the diagnosis, and where its promise comes from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from verbond.expressions import Promise, Rater, read_promise
from verbond.expressions.picture import CompanyPicture, ExpressionPicture
from verbond.results import Progress, ProgressFunction, Reason, silent
from verbond.tables import Tables

__all__ = ["promise_beside", "promise_of", "read_expressions", "said_by_expressions", "unsaid_by_expressions"]

Attempt = Callable[[Callable[[], Any], str], Any]
PROMISE_FILE = "promise.toml"


def promise_beside(source: str | Path) -> Promise | None:
    """The promise that lies in a folder with tables as promise.toml, if there is one.

    Raises
    ------
    ReadError
        If it cannot be read.
    """
    folder = Path(source) if Path(source).is_dir() else Path(source).parent
    file = folder / PROMISE_FILE
    return read_promise(file) if Path(source).exists() and file.is_file() else None


def promise_of(tables: Tables) -> Promise | None:
    """The promise of the demo company, which brings its own; None for others."""
    from verbond.tables.simulate import WORLDS

    if not tables.simulated or tables.name != WORLDS["zonnewende"].title:
        return None
    with as_file(files("verbond.tables.simulate") / "zonnewende_promise.toml") as file:
        return read_promise(file)


def read_expressions(
    tables: Tables,
    promise: Promise | None,
    attempt: Attempt,
    unsaid: list[Reason],
    *,
    rater: Rater | None = None,
    seed: int = 0,
    progress: ProgressFunction = silent,
) -> ExpressionPicture | None:
    """Look at what is said from every side.

    Parameters
    ----------
    tables : Tables
        Reads `messages`.
    promise : Promise or None
        That of the demo company where it is the demo and none is given.
    attempt : callable
        Turns data that cannot carry a method into a reason.
    unsaid : list of Reason
        Told where there are no messages.
    rater : Rater, optional
        The best that is installed where not given.
    seed : int
    progress : callable

    Returns
    -------
    ExpressionPicture or None
        None where no messages are there.
    """
    if "messages" not in tables or not tables.n_rows("messages"):
        unsaid.append(Reason("diagnosis.no_messages"))
        return None
    progress(Progress("diagnosis.step_expressions", 0.0))
    picture = CompanyPicture(rater, promise or promise_of(tables), seed=seed)
    return attempt(lambda: picture.fit(tables, progress=progress), "diagnosis.expressions_failed")  # type: ignore[no-any-return]


def said_by_expressions(picture: ExpressionPicture) -> Iterator[tuple[Reason, str, int]]:
    """What stands out: sentence, tone, how many messages it rests on.

    What the sides offer beside the promise, two legs, the promised value that is told too little, the message
    that costs most, and what changed: one of each at most.
    """
    short = any(one.second == "promise" and one.is_told_apart for one in picture.differences)
    if picture.headline.code != "expressions_picture.headline_none":
        yield picture.headline, "bad" if short else "neutral", picture.n_rated
    for one in picture.legs[:1]:
        n = one.first.share.n_obs + one.second.share.n_obs
        yield one.reason, "bad" if one.is_clear else "caution", n
    for told in [one for one in picture.untold if one.is_untold][:1]:
        yield told.reason, "bad", told.share.n_obs
    sure = [one for one in picture.worst if one.conflict >= 0.5]
    if sure:
        reason = Reason("diagnosis.messages_conflict", {"n": len(sure), "of": picture.n_rated})
        yield reason, "caution", picture.n_rated
    for change in [one for one in picture.changes if one.is_changed][:1]:
        yield change.reason, "neutral", change.difference.n_obs


def unsaid_by_expressions(picture: ExpressionPicture) -> tuple[Reason, ...]:
    """What cannot be said of expressions."""
    return picture.unsaid
