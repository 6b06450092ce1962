"""Texts that customers wrote."""

from __future__ import annotations

from dataclasses import dataclass

from verbond.tables.tables import Tables

__all__ = ["CustomerWords", "customer_words"]


@dataclass(frozen=True, slots=True)
class CustomerWords:
    """Some of the texts of customers.

    Attributes
    ----------
    texts : tuple of (str, str, str)
        Words, language, and who wrote them; the last two "" where not known. In an order by lot that is the
        same each time.
    n_texts : int
        Of customers in all, of whatever length.
    n_people : int
        Who wrote them; who is not known counts with each text.
    """

    texts: tuple[tuple[str, str, str], ...]
    n_texts: int
    n_people: int


def customer_words(
    tables: Tables, *, shortest: int = 1, longest: int = 1000, most: int = 200
) -> CustomerWords:
    """Some of the texts that customers wrote.

    Parameters
    ----------
    tables : Tables
        No `messages` table gives none.
    shortest, longest : int
        Characters of a text.
    most : int
        Texts at most.

    Examples
    --------
    >>> said = {"message_id": ["a", "b"], "speaker": ["customer", "company"], "text": ["Too dear.", "Buy!"]}
    >>> customer_words(Tables.from_columns({"messages": said})).texts
    (('Too dear.', '', ''),)
    """
    if "messages" not in tables:
        return CustomerWords((), 0, 0)
    found = tables.select("customer_words", shortest=shortest, longest=longest, most=most)
    if not len(found["text"]):
        return CustomerWords((), 0, 0)
    texts = zip(found["text"], found["language"], found["customer_id"], strict=True)
    return CustomerWords(
        tuple((str(text), str(language or ""), str(who)) for text, language, who in texts),
        int(found["n_texts"][0]),
        int(found["n_people"][0]),
    )
