"""The slides of a diagnosis as a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from verbond.reports.slides.deck import Deck
from verbond.reports.slides.telling import slides_of
from verbond.results import Language
from verbond.results.wording import check_language

if TYPE_CHECKING:
    from verbond.diagnosis import Diagnosis
    from verbond.reports.brand import Brand

__all__ = ["pptx", "write_pptx"]


def write_pptx(
    diagnosis: Diagnosis, path: str | Path, *, language: Language = "en", brand: Brand | None = None
) -> Path:
    """Write a diagnosis as slides.

    Parameters
    ----------
    diagnosis : Diagnosis
    path : str or Path
        A file of the same name is written over.
    language : {"en", "nl"}
    brand : Brand, optional
        Colours, logo and name of the company.

    Returns
    -------
    Path
    """
    place = Path(path)
    place.write_bytes(pptx(diagnosis, language=language, brand=brand))
    return place


def pptx(diagnosis: Diagnosis, *, language: Language = "en", brand: Brand | None = None) -> bytes:
    """A diagnosis as slides, with charts that can be changed and notes to say aloud.

    Parameters
    ----------
    diagnosis : Diagnosis
    language : {"en", "nl"}
    brand : Brand, optional

    Returns
    -------
    bytes
        A PPTX; the same for the same diagnosis.
    """
    told = slides_of(diagnosis, check_language(language))
    company = (brand.name if brand is not None else "") or diagnosis.name
    deck = Deck(company, language, brand, simulated=diagnosis.simulated)
    for slide in told:
        deck.add(slide)
    return deck.written(told[0].title)
