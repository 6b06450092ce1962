"""What an option names: a rater."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from verbond.errors import MissingExtraError, OptionError
from verbond.expressions.raters.asking import Endpoint
from verbond.expressions.raters.cached import CachedRater
from verbond.expressions.raters.endpoint import EndpointRater
from verbond.expressions.raters.local import local_rater
from verbond.expressions.rating import Rater, WordRater, find_rater
from verbond.language import find_encoder

__all__ = ["RATERS", "endpoint_of", "rater_of"]

RATERS = ("words", "encoder", "thorough", "endpoint")
"""Besides these: "folder:PATH", a model of transformers."""
URL, MODEL, KEY = "VERBOND_ENDPOINT_URL", "VERBOND_ENDPOINT_MODEL", "VERBOND_ENDPOINT_KEY"
SECONDS, FOLDER = "VERBOND_ENDPOINT_SECONDS", "VERBOND_RATERS_FOLDER"
_FOLDER_MARK = "folder:"


def rater_of(
    option: str | None,
    *,
    url: str = "",
    model: str = "",
    cache: Path | None = None,
    environ: Mapping[str, str] | None = None,
) -> Rater:
    """The rater that an option names.

    Parameters
    ----------
    option : {"words", "encoder", "thorough", "endpoint", "folder:PATH"} or None
        None: the best that is installed. An endpoint is never chosen by itself.
    url, model : str
        Of an endpoint; from the environment where not given. A key comes from the environment only: a command
        line is read by others.
    cache : Path, optional
        A folder in which ratings of an endpoint are remembered.
    environ : mapping, optional
        The environment where not given.

    Raises
    ------
    OptionError
        If there is no such rater, or its settings are not there.
    MissingExtraError
        If its package is not installed.

    Examples
    --------
    >>> rater_of("words").name
    'words'
    """
    if option == "endpoint":
        return CachedRater(EndpointRater(endpoint_of(url, model, environ), _folder(environ)), cache)
    if option == "words":
        return WordRater()
    if option in (None, "encoder", "thorough"):
        if option is not None and find_encoder() is None:
            raise MissingExtraError(f"the rater {option!r}", extra="expressions")
        return find_rater(thorough=option == "thorough")
    if option.startswith(_FOLDER_MARK):
        return local_rater(Path(option.removeprefix(_FOLDER_MARK)))
    raise OptionError("unknown rater", got=repr(option), expected=", ".join((*RATERS, f"{_FOLDER_MARK}PATH")))


def endpoint_of(url: str = "", model: str = "", environ: Mapping[str, str] | None = None) -> Endpoint:
    """The endpoint that is set, by what is given or in the environment.

    Raises
    ------
    OptionError
        If none is, or it is not as it should be.
    """
    found = os.environ if environ is None else environ
    url, model = url or found.get(URL, ""), model or found.get(MODEL, "")
    if not url or not model:
        raise OptionError(
            "no endpoint is set", got="no address" if not url else "no model",
            expected=f"{URL} and {MODEL}, and {KEY} where the host asks for a key",
        )  # fmt: skip
    told = found.get(SECONDS, "60")
    try:
        seconds = float(told)
    except ValueError:
        raise OptionError("this is no time", got=f"{SECONDS}={told}", expected="seconds") from None
    return Endpoint(url, model, found.get(KEY, ""), seconds)


def _folder(environ: Mapping[str, str] | None) -> Path | None:
    named = (os.environ if environ is None else environ).get(FOLDER)
    return Path(named) if named else None
