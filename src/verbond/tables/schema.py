"""The canonical tables, as data: every room reads and writes these and nothing else.

`TABLES["events"].columns["kind"].choices` is the one place where the kinds of events stand. Tables that
users bring are marked `given`; those that methods write (`scores`, `rungs`, `ratings`) are not.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

__all__ = [
    "ACTION_KINDS",
    "CONSTRUCTS",
    "EVENT_KINDS",
    "RUNG_CONSTRUCTS",
    "STIMULUS",
    "TABLES",
    "Column",
    "ColumnType",
    "Table",
]

ColumnType = Literal["text", "number", "integer", "boolean", "date", "timestamp"]

EVENT_KINDS = (
    "purchase", "referral", "contact", "complaint", "contribution", "visit", "return", "cancellation",
)  # fmt: skip
ACTION_KINDS = (
    "discount", "loyalty_points", "campaign", "service_recovery", "price_change", "invitation",
    "forced_channel", "personal_contact",
)  # fmt: skip
STIMULUS = "stimulus"
"""Kind of an action that was a text or picture in a survey: of effects, and nothing that moves customers."""
RUNG_CONSTRUCTS = ("experience", "congruence", "trust", "commitment", "engagement")
"""The construct that anchors each rung 1..5, in order."""
CONSTRUCTS = (
    "experience", "values_own", "values_seen", "congruence", "trust", "commitment", "engagement", "market",
    "authority", "meaning", "equality", "closeness", "recommend", "stay", "rebuy", "satisfaction",
    "alternatives", "conscious_consumption", "customer_orientation",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a canonical table.

    Attributes
    ----------
    name : str
    type : ColumnType
        Dates and timestamps are kept without a zone, in UTC.
    required : bool
        Without it the table cannot be read; a row without it is refused.
    choices : tuple of str
        The values that are known; others are refused unless `open_choices`.
    open_choices : bool
        Unknown values are kept and counted (an action kind of the user's own).
    refers_to : str or None
        "table.column" that must hold the value, else it is reported (never refused).
    description : str
        For the reference and for error messages.
    """

    name: str
    type: ColumnType
    description: str
    required: bool = False
    choices: tuple[str, ...] = ()
    open_choices: bool = False
    refers_to: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """One canonical table.

    Attributes
    ----------
    name : str
    description : str
    columns : mapping of str to Column
    key : tuple of str
        Columns that together may not repeat (a repeated row is refused and counted); empty: rows may repeat.
    free_columns : bool
        Further columns are kept as attributes (customers only).
    given : bool
        Users bring it; otherwise a method writes it.
    """

    name: str
    description: str
    columns: MappingProxyType[str, Column]
    key: tuple[str, ...] = ()
    free_columns: bool = False
    given: bool = True


def _table(name: str, description: str, *columns: Column, **options: object) -> Table:
    return Table(name, description, MappingProxyType({c.name: c for c in columns}), **options)  # type: ignore[arg-type]


_CUSTOMER = "customers.customer_id"

TABLES: MappingProxyType[str, Table] = MappingProxyType({t.name: t for t in (
    _table(
        "customers", "one row a customer; any further column is an attribute to segment by",
        Column("customer_id", "text", "who", required=True),
        Column("since", "date", "customer since"),
        Column("consent", "boolean", "may be approached for research and invitations"),
        key=("customer_id",), free_columns=True,
    ),
    _table(
        "events", "what customers did, a row an event",
        Column("customer_id", "text", "who", required=True, refers_to=_CUSTOMER),
        Column("occurred_at", "timestamp", "when", required=True),
        Column("kind", "text", "what", required=True, choices=EVENT_KINDS),
        Column("amount", "number", "money that the customer paid, after discount"),
        Column("channel", "text", "where it happened"),
        Column("order_id", "text", "rows with the same order are one purchase"),
        Column("quantity", "number", "how many items"),
        Column("list_price", "number", "price without discount, of the whole row"),
        Column("discount", "number", "money taken off the list price, not negative"),
        Column("currency", "text", "ISO 4217 code"),
        Column("product", "text", "what was bought: its code or name"),
        Column("category", "text", "of the product"),
        Column("margin", "number", "money that the company kept"),
        Column("related_customer_id", "text", "who was brought in (referral)", refers_to=_CUSTOMER),
    ),
    _table(
        "actions", "what the company did to customers",
        Column("action_id", "text", "which", required=True),
        Column("kind", "text", "what sort", required=True, choices=ACTION_KINDS, open_choices=True),
        Column("starts_on", "date", "first day"),
        Column("ends_on", "date", "last day"),
        Column("label", "text", "name for people"),
        Column("aim", "text", "what it was for", choices=("win", "keep")),
        Column("cost", "number", "money spent on it"),
        Column("rung", "integer", "the rung 1..5 that it was meant to serve"),
        Column("randomised", "boolean", "customers were assigned by lot"),
        Column("message_id", "text", "the message that carried it", refers_to="messages.message_id"),
        key=("action_id",),
    ),
    _table(
        "exposures", "which customers an action reached, and when",
        Column("customer_id", "text", "who", required=True, refers_to=_CUSTOMER),
        Column("action_id", "text", "which action", required=True, refers_to="actions.action_id"),
        Column("occurred_at", "timestamp", "when", required=True),
        Column("variant", "text", "experimental arm"),
    ),
    _table(
        "assignments", "the arm that a lot gave each customer, whether or not the action reached her",
        Column("customer_id", "text", "who", required=True, refers_to=_CUSTOMER),
        Column("action_id", "text", "which action", required=True, refers_to="actions.action_id"),
        Column("occurred_at", "timestamp", "when the lot was drawn", required=True),
        Column("variant", "text", "experimental arm", required=True),
        Column("cluster", "text", "the shop or adviser that was assigned as a whole"),
        key=("customer_id", "action_id"),
    ),
    _table(
        "responses", "answers to questions, a row an answer",
        Column("respondent_id", "text", "who answered", required=True),
        Column("customer_id", "text", "the customer behind it, where known", refers_to=_CUSTOMER),
        Column("group", "text", "who was asked", choices=("customer", "employee")),
        Column("department", "text", "of an employee"),
        Column("wave", "text", "which round of asking"),
        Column("occurred_at", "timestamp", "when"),
        Column("instrument", "text", "which questionnaire"),
        Column("item", "text", "which question", required=True),
        Column("value", "number", "the answer as a number; empty where it was asked and not answered"),
        key=("respondent_id", "wave", "item"),
    ),
    _table(
        "messages", "what was said, by the company, its people or its customers",
        Column("message_id", "text", "which", required=True),
        Column("occurred_at", "timestamp", "when"),
        Column("channel", "text", "where"),
        Column("department", "text", "who in the house wrote it"),
        Column("speaker", "text", "whose words", choices=("company", "employee", "customer")),
        Column("customer_id", "text", "to or from whom", refers_to=_CUSTOMER),
        Column("action_id", "text", "the action it belongs to", refers_to="actions.action_id"),
        Column("language", "text", "ISO 639-1 code"),
        Column("text", "text", "the words"),
        Column("image", "text", "file name or caption of its picture"),
        key=("message_id",),
    ),
    _table(
        "scores", "construct scores of respondents on 0..100 with standard errors (written by survey)",
        Column("respondent_id", "text", "who answered", required=True),
        Column("customer_id", "text", "the customer behind it, where known", refers_to=_CUSTOMER),
        Column("wave", "text", "which round of asking"),
        Column("occurred_at", "timestamp", "when"),
        Column("construct", "text", "what was measured", required=True),
        Column("score", "number", "0..100, higher is more", required=True),
        Column("standard_error", "number", "on the same scale", required=True),
        Column("n_items", "integer", "answers it rests on"),
        given=False,
    ),
    _table(
        "rungs", "probability of each rung per customer and period (written by ladder)",
        Column("customer_id", "text", "who", required=True, refers_to=_CUSTOMER),
        Column("period", "date", "first day of the period", required=True),
        Column("rung", "integer", "state number", required=True),
        Column("probability", "number", "0..1", required=True),
        given=False,
    ),
)})  # fmt: skip
