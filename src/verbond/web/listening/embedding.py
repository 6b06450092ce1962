"""A questionnaire in a frame on another site: only on those that the survey names, without cookies."""

from __future__ import annotations

from html import escape

from django.http import HttpResponse

from verbond.web.middleware import POLICY
from verbond.web.store.models import Survey

__all__ = ["framed", "origins_of", "snippet"]

_UNFIT = frozenset("; ,\n\r\t'\"")


def origins_of(survey: Survey | None) -> tuple[str, ...]:
    """The sites that may show a survey in a frame."""
    named = survey.settings.get("embed", ()) if survey is not None else ()
    return tuple(one for one in named if one and not set(one) & _UNFIT)


def framed(answer: HttpResponse, survey: Survey | None) -> HttpResponse:
    """Let an answer be shown in a frame on the survey's sites, and nowhere else."""
    if origins := origins_of(survey):
        allowed = f"frame-ancestors {' '.join(origins)}"
        answer["Content-Security-Policy"] = POLICY.replace("frame-ancestors 'none'", allowed)
        answer.xframe_options_exempt = True  # type: ignore[attr-defined]
    return answer


def snippet(survey: Survey, site: str, title: str) -> str:
    """What somebody copies into a page of her own: the frame, and a script that gives it its height.

    Parameters
    ----------
    survey : Survey
    site : str
        Origin under which this application is reached.
    title : str
        What the frame holds, for who does not see it.
    """
    name = f"verbond-{survey.address}"
    return f"""<iframe id="{name}" src="{escape(site)}/q/{survey.address}/?embed" title="{escape(title)}" \
width="100%" height="800" style="border: 0" loading="lazy"></iframe>
<script>
addEventListener("message", function (event) {{
  var said = event.data;
  if (event.origin === "{escape(site)}" && said && said.verbond === "{survey.address}")
    document.getElementById("{name}").height = Number(said.height);
}});
</script>
"""
