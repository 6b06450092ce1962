-- The most probable rung of each customer in the last period that was over on the day of an answer.
WITH spans AS (
  SELECT period, lead(period) OVER (ORDER BY period) AS next_period
  FROM (SELECT DISTINCT period FROM rungs) AS periods
),
asked AS (
  SELECT DISTINCT customer_id, CAST(occurred_at AS DATE) AS day
  FROM responses
  WHERE customer_id IS NOT NULL AND occurred_at IS NOT NULL AND value IS NOT NULL
),
known AS (
  SELECT
    a.customer_id,
    a.day,
    r.rung,
    row_number() OVER (
      PARTITION BY a.customer_id, a.day ORDER BY r.period DESC, r.probability DESC, r.rung
    ) AS place
  FROM asked AS a
  JOIN rungs AS r ON r.customer_id = a.customer_id
  JOIN spans AS s ON s.period = r.period
  WHERE s.next_period <= a.day
)
SELECT customer_id, day, CAST(rung AS VARCHAR) AS label
FROM known
WHERE place = 1
ORDER BY customer_id, day
