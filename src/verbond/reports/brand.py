"""How a company wants its reports to look: two colours, a logo and its name."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from verbond.errors import OptionError, ReadError
from verbond.reports.contrast import WORDS, contrast

__all__ = ["Brand", "read_brand"]

_COLOUR = re.compile(r"#[0-9a-f]{6}")
_MOST_BYTES = 2_000_000
PAPER = "#ffffff"


@dataclass(frozen=True, slots=True)
class Brand:
    """What a report wears.

    Attributes
    ----------
    colour : str
        `#rrggbb`, of headings and what is chosen; words in it are read on white.
    accent : str
        `#rrggbb`, of lines and bars.
    logo : bytes or None
        A PNG or JPEG.
    name : str
        Of the company, where it is not what its data are called.

    Raises
    ------
    OptionError
        For what is no colour, a colour in which no words can be read, and a logo that is no picture.

    Examples
    --------
    >>> Brand("#1d5a4a").accent
    '#b58a57'
    """

    colour: str = "#1d5a4a"
    accent: str = "#b58a57"
    logo: bytes | None = None
    name: str = ""

    def __post_init__(self) -> None:
        for one in (self.colour, self.accent):
            if not _COLOUR.fullmatch(one):
                raise OptionError("this is no colour", got=repr(one), expected="a colour such as #1d5a4a")
        found = contrast(self.colour, PAPER)
        if found < WORDS:
            raise OptionError(
                "words in this colour cannot be read on white", got=f"{self.colour}, contrast {found:.1f}",
                expected=f"{WORDS} or more", hint="Take a darker one; WCAG 2.2, 1.4.3.",
            )  # fmt: skip
        if self.logo is not None and self.ending is None:
            raise OptionError(
                "the logo is no picture that is known", got="other bytes", expected="PNG or JPEG"
            )

    @property
    def ending(self) -> str | None:
        """ "png" or "jpg", by the first bytes of the logo; None without a logo."""
        if self.logo is None:
            return None
        if self.logo.startswith(b"\x89PNG\r\n\x1a\n"):
            return "png"
        return "jpg" if self.logo.startswith(b"\xff\xd8\xff") else None


def read_brand(path: str | Path) -> Brand:
    """Read a TOML file with `colour`, `accent`, `logo` (a file beside it) and `name`, each of them optional.

    Raises
    ------
    ReadError
        If it cannot be read, or has other keys.
    OptionError
        As `Brand`.
    """
    file = Path(path)
    try:
        told = tomllib.loads(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ReadError(f"the brand cannot be read: {error}", file=str(file)) from None
    unknown = set(told) - {"colour", "accent", "logo", "name"}
    if unknown or not all(isinstance(value, str) for value in told.values()):
        got = ", ".join(sorted(unknown)) or "something that is no text"
        raise ReadError(f"a brand does not know {got}", file=str(file), expected="colour, accent, logo, name")
    if "logo" in told:
        logo = file.parent / told["logo"]
        if not logo.is_file() or logo.stat().st_size > _MOST_BYTES:
            raise ReadError(
                "the logo is not there, or too large", file=str(logo), expected="a PNG or JPEG up to 2 MB"
            )
        return Brand(**{**told, "logo": logo.read_bytes()})
    return Brand(**told)
