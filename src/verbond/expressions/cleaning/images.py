"""What can be said of an image without a network, or that it was not seen."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from verbond.errors import NotFoundError
from verbond.results import Reason

__all__ = ["LARGEST_IMAGE", "Seen", "seen_in_image"]

LARGEST_IMAGE = 20 * 2**20
"""Bytes of an image that is read for text."""
_LONGEST_WAIT_SECONDS = 30
_LEAST_LETTERS = 4
_NUMBERED = re.compile(
    r"^(?:img|image|dsc|dscn|pxl|screenshot|schermafbeelding|foto|photo|scan)?$", re.IGNORECASE
)
_WORD = re.compile(r"[^\W\d_]{2,}")


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of an image.

    Attributes
    ----------
    text : str
        What can be rated; empty where nothing was seen.
    how : str
        "caption", "alt", "ocr" (words read in the image), "file_name", or "not_seen".
    reason : Reason
        What this rests on, in a sentence.
    """

    text: str
    how: Literal["caption", "alt", "ocr", "file_name", "not_seen"]
    reason: Reason


def seen_in_image(image: str | Path | bytes, caption: str = "", alt: str = "") -> Seen:
    """What can be said of an image: the caption, else the alt text, else words in it, else its file name.

    What an image shows nobody sees here: only what people wrote about it, or in it. Words in the image are
    read where Tesseract is installed.

    Parameters
    ----------
    image : path or bytes
        The image; looked at only where there is no caption and no alt text.
    caption, alt : str
        What somebody wrote of it.

    Returns
    -------
    Seen

    Raises
    ------
    NotFoundError
        The image has to be looked at and is not there.

    Examples
    --------
    >>> seen_in_image(b"", caption="Buren plaatsen samen zonnepanelen").how
    'caption'
    """
    for how, said in (("caption", caption), ("alt", alt)):
        if said.strip():
            return Seen(" ".join(said.split()), how, Reason(f"expressions_cleaning.seen_{how}"))  # type: ignore[arg-type]
    content, name = _content(image)
    words, why = _words_in(content)
    if words:
        return Seen(words, "ocr", Reason("expressions_cleaning.seen_ocr"))
    if named := _words_of(name):
        return Seen(named, "file_name", Reason("expressions_cleaning.seen_file_name"))
    return Seen("", "not_seen", Reason(f"expressions_cleaning.{why}"))


def _content(image: str | Path | bytes) -> tuple[bytes, str]:
    if isinstance(image, bytes):
        return image, ""
    path = Path(image)
    if not path.is_file():
        raise NotFoundError("there is no such image", got=str(path))
    with path.open("rb") as file:
        return file.read(LARGEST_IMAGE + 1), path.stem


def _words_of(name: str) -> str:
    """Words of a file name, none where a camera gave it."""
    words = [word for word in _WORD.findall(name.replace("_", " ")) if not _NUMBERED.match(word)]
    return " ".join(words) if len(words) >= 2 else ""


def _words_in(content: bytes) -> tuple[str, str]:
    """Words in an image, or the code of why there are none."""
    if len(content) > LARGEST_IMAGE:
        return "", "not_seen_too_large"
    if (program := shutil.which("tesseract")) is None:
        return "", "not_seen_no_ocr"
    command = [program, "stdin", "stdout", "-l", _languages(program), "--psm", "11"]
    try:
        done = subprocess.run(
            command, input=content, capture_output=True, check=False,
            timeout=_LONGEST_WAIT_SECONDS, env={**os.environ, "OMP_THREAD_LIMIT": "1"},
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return "", "not_seen_unreadable"
    if done.returncode:
        return "", "not_seen_unreadable"
    words = " ".join(done.stdout.decode("utf-8", "replace").split())
    return (words, "") if sum(map(str.isalpha, words)) >= _LEAST_LETTERS else ("", "not_seen_no_words")


@cache
def _languages(program: str) -> str:
    listed = subprocess.run(
        [program, "--list-langs"], capture_output=True, check=False, timeout=_LONGEST_WAIT_SECONDS
    )
    there = set(listed.stdout.decode("utf-8", "replace").split())
    return "+".join(one for one in ("nld", "eng") if one in there) or "eng"
