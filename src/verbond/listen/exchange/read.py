"""Read a questionnaire file of any tool that is known, by what is in it."""

from __future__ import annotations

import json
from typing import Any

from verbond.errors import ReadError
from verbond.listen.exchange.draft import Draft, ReadQuestionnaire
from verbond.listen.exchange.lss import read_lss, tables_of
from verbond.listen.exchange.qsf import is_qsf, read_qsf
from verbond.listen.questionnaire import Questionnaire

__all__ = ["MAX_BYTES", "read_questionnaire"]

MAX_BYTES = 20 * 2**20
_KNOWN = "a questionnaire of Verbond (.json), Qualtrics (.qsf) or LimeSurvey (.lss)"


def read_questionnaire(data: bytes, file_name: str) -> ReadQuestionnaire:
    """Read a questionnaire.

    Parameters
    ----------
    data : bytes
        The file: our own JSON, a QSF file of Qualtrics, or an LSS file of LimeSurvey.
    file_name : str
        For messages; what the file is, is seen from what is in it.

    Returns
    -------
    ReadQuestionnaire

    Raises
    ------
    ReadError
        If it is none of these, too large, not whole, or holds nothing that can be asked.
    DataError
        If it is our own JSON and wrong: names the place.

    Examples
    --------
    >>> import json
    >>> from verbond.listen import own_questionnaire
    >>> ours = json.dumps(own_questionnaire("short").to_json()).encode()
    >>> read_questionnaire(ours, "short.json").product
    'verbond'
    """
    name = file_name[-120:] or "questionnaire"
    if len(data) > MAX_BYTES:
        raise ReadError("the file is too large", file=name, expected=f"at most {MAX_BYTES // 2**20} MB")
    start = data.lstrip(b"\xef\xbb\xbf \t\r\n")[:4]
    draft = Draft(name)
    if start[:1] == b"<" or data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        made, product = _from_xml(data, draft), "limesurvey"
    else:
        given = _json(data, name)
        if not is_qsf(given):
            return _own(given, name)
        made, product = read_qsf(given, draft), "qualtrics"
    taken = {source: tuple(ids) for source, ids in draft.taken.items()}
    return ReadQuestionnaire(made, draft.reasons(), product, taken)


def _from_xml(data: bytes, draft: Draft) -> Questionnaire:
    tables = tables_of(data.lstrip(b" \t\r\n"), draft.file)
    kinds = [one["LimeSurveyDocType"] for one in tables[""] if "LimeSurveyDocType" in one]
    if kinds != ["Survey"]:
        raise ReadError(
            "this XML is no questionnaire that is known",
            file=draft.file,
            value=kinds[0][:40] if kinds else None,
            expected=_KNOWN,
            hint="Export the survey structure (.lss) from LimeSurvey.",
        )
    return read_lss(tables, draft)


def _json(data: bytes, name: str) -> Any:
    try:
        return json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):  # no UTF-8, no JSON, too deep
        raise ReadError("this file is not known", file=name, expected=_KNOWN) from None


def _own(given: Any, name: str) -> ReadQuestionnaire:
    if not isinstance(given, dict) or "pages" not in given:
        raise ReadError("this file is not known", file=name, expected=_KNOWN)
    made = Questionnaire.from_json(given)
    return ReadQuestionnaire(made, (), "verbond", {id: (id,) for id in made.questions})
