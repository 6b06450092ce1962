"""A diagnosis as one HTML file that needs nothing from outside."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2
from markupsafe import Markup

from verbond.errors import OptionError
from verbond.plots import draw_mark, tokens, tokens_css
from verbond.reports.contrast import WORDS, contrast
from verbond.reports.page import page_of
from verbond.results import Language, sentence
from verbond.results.wording import check_language

if TYPE_CHECKING:
    from verbond.diagnosis import Diagnosis
    from verbond.reports.brand import Brand

__all__ = ["html_report", "report_css", "write_html"]


def html_report(diagnosis: Diagnosis, language: Language = "en", brand: Brand | None = None) -> str:
    """Write the report of a diagnosis as one self-contained HTML page.

    Use it to hand a diagnosis to people: the sentence first, the picture second, the table behind it, and how
    we know. It holds its own style, no script, and reads nothing from a network; its Content-Security-Policy
    forbids everything but that style.

    Parameters
    ----------
    diagnosis : Diagnosis
        From `verbond.diagnose`.
    language : {"en", "nl"}
    brand : Brand, optional
        Its colours are those of words and lines in the light, where they can be read; pictures and the dark
        keep ours.

    Returns
    -------
    str
        The same for the same diagnosis.

    Raises
    ------
    OptionError
        If the language is another.

    Examples
    --------
    >>> import verbond
    >>> html = html_report(verbond.diagnose(verbond.open_tables("demo")), "nl")  # doctest: +SKIP
    """
    css = report_css() + _worn(brand)
    return (
        _environment(check_language(language))
        .get_template("page.html")
        .render(
            page=page_of(diagnosis, language),
            css=Markup(css),
            csp=_policy(css, brand),
            mark=Markup(draw_mark(40)),
            logo=_logo(brand),
            company=brand.name if brand is not None else "",
        )
    )


def write_html(
    diagnosis: Diagnosis, path: str | Path, *, language: Language = "en", brand: Brand | None = None
) -> Path:
    """Write the report of a diagnosis to a file.

    Parameters
    ----------
    diagnosis : Diagnosis
    path : str or Path
        Of the file; its folder has to be there.
    language : {"en", "nl"}
    brand : Brand, optional

    Returns
    -------
    Path
        Of the file that was written.

    Raises
    ------
    OptionError
        If the path is a folder or its folder is not there.
    """
    file = Path(path)
    if file.is_dir() or not file.parent.is_dir():
        raise OptionError(
            "cannot write the report", got=str(file), expected="a file in a folder that is there"
        )
    file.write_text(html_report(diagnosis, language, brand), encoding="utf-8", newline="\n")
    return file


@cache
def report_css() -> str:
    """The style of the page: tokens, then reset, base, components, the page, and paper."""
    folder = files("verbond.reports") / "styles"
    sheets = sorted((f for f in folder.iterdir() if f.name.endswith(".css")), key=lambda f: f.name)
    return "\n".join([tokens_css(), *(sheet.read_text("utf-8") for sheet in sheets)])


def _worn(brand: Brand | None) -> str:
    """What a brand changes in the style: a colour in which words cannot be read on our paper is left out."""
    if brand is None:
        return ""
    known = tokens()
    grounds = [known[name] for name in ("colour-page", "colour-raised", "colour-accent-wash")]
    readable = min(contrast(brand.colour, ground) for ground in grounds) >= WORDS
    worn = f"--colour-wood: {brand.accent};" + (f" --colour-accent: {brand.colour};" if readable else "")
    ours = f"--colour-wood: {known['colour-wood']}; --colour-accent: {known['colour-accent']};"
    return f"\n@media not (prefers-color-scheme: dark) {{ body {{ {worn} }} svg {{ {ours} }} }}"


def _logo(brand: Brand | None) -> str:
    """The logo as an address that holds it; empty without one."""
    if brand is None or brand.logo is None:
        return ""
    kind = "jpeg" if brand.ending == "jpg" else brand.ending
    return f"data:image/{kind};base64,{base64.b64encode(brand.logo).decode()}"


def _policy(css: str, brand: Brand | None) -> str:
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    pictures = "img-src data:; " if _logo(brand) else ""
    return f"default-src 'none'; {pictures}style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


@cache
def _environment(language: Language) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("verbond.reports"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

    def say(code: str, **values: Any) -> str:
        return sentence(f"report.{code}", language, **values)

    environment.globals["say"] = say
    environment.globals["sentence_of"] = lambda code, **values: sentence(code, language, **values)
    environment.filters["picture"] = Markup
    return environment
