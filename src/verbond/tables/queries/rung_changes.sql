-- The most probable rung of each customer, each time that it is another one, from the day on which the period
-- is over: before that nobody could know it.
WITH spans AS (
  SELECT period, lead(period) OVER (ORDER BY period) AS next_period
  FROM (SELECT DISTINCT period FROM rungs) AS periods
),
ranked AS (
  SELECT
    customer_id, period, rung,
    row_number() OVER (PARTITION BY customer_id, period ORDER BY probability DESC, rung) AS place
  FROM rungs
),
likeliest AS (
  SELECT
    customer_id, period, rung, lag(rung) OVER (PARTITION BY customer_id ORDER BY period) AS rung_before
  FROM ranked
  WHERE place = 1
)
SELECT r.customer_id, CAST(s.next_period AS DATE) AS known_on, CAST(r.rung AS VARCHAR) AS label
FROM likeliest AS r
JOIN spans AS s ON s.period = r.period
WHERE s.next_period IS NOT NULL AND (r.rung_before IS NULL OR r.rung_before <> r.rung)
ORDER BY customer_id, known_on
