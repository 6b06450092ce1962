-- The most probable rung of each customer in the last period that was over at the lot.
WITH spans AS (
  SELECT period, lead(period) OVER (ORDER BY period) AS next_period
  FROM (SELECT DISTINCT period FROM rungs) AS periods
),
known AS (
  SELECT
    a.customer_id,
    a.variant,
    r.rung,
    row_number() OVER (
      PARTITION BY a.customer_id, a.variant ORDER BY r.period DESC, r.probability DESC, r.rung
    ) AS place
  FROM arms AS a
  JOIN rungs AS r ON r.customer_id = a.customer_id
  JOIN spans AS s ON s.period = r.period
  WHERE s.next_period <= a.dealt_on
)
SELECT customer_id, variant, CAST(rung AS VARCHAR) AS label
FROM known
WHERE place = 1
