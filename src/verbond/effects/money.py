"""How amounts are said."""

from __future__ import annotations

from verbond.method import Text

__all__ = ["unit_of"]


def unit_of(currency: str) -> Text:
    """What stands before an amount: the sign of the euro or the code of another currency.

    Examples
    --------
    >>> unit_of("EUR").say("nl") + "12", unit_of("USD").say("en") + "12", unit_of("").say("en") + "12"
    ('€ 12', 'USD 12', '12')
    """
    if currency == "EUR":
        return Text("€", "€ ")
    return Text(*[f"{currency} " if currency else ""] * 2)
