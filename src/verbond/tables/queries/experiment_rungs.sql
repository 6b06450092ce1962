-- The expected rung in the last period that begins within so many days from the lot on, and in the last period
-- that was over at the lot. Nothing is known of whom the days are not over.
WITH spans AS (
  SELECT period, lead(period) OVER (ORDER BY period) AS next_period
  FROM (SELECT DISTINCT period FROM rungs) AS periods
),
expected AS (
  SELECT customer_id, period, sum(rung * probability) / nullif(sum(probability), 0) AS rung
  FROM rungs
  GROUP BY customer_id, period
),
placed AS (
  SELECT
    a.customer_id,
    a.variant,
    e.rung,
    e.period,
    CASE
      WHEN a.is_over = 1 AND date_diff('day', a.dealt_on, e.period) BETWEEN 0 AND $days - 1 THEN 1
      WHEN s.next_period <= a.dealt_on THEN 0
    END AS is_after
  FROM arms AS a
  JOIN expected AS e ON e.customer_id = a.customer_id
  JOIN spans AS s ON s.period = e.period
),
ranked AS (
  SELECT
    *,
    row_number() OVER (PARTITION BY customer_id, variant, is_after ORDER BY period DESC) AS place
  FROM placed
  WHERE is_after IS NOT NULL
)
SELECT
  customer_id,
  variant,
  max(CASE WHEN is_after = 1 THEN rung END) AS value_after,
  max(CASE WHEN is_after = 0 THEN rung END) AS value_before
FROM ranked
WHERE place = 1
GROUP BY customer_id, variant
