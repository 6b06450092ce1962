-- Who is a customer now: known, and not cancelled without having bought again; with the days of purchases since a day.
WITH acts AS (
  SELECT customer_id, CAST(occurred_at AS DATE) AS day, kind
  FROM events
  WHERE customer_id IS NOT NULL
),
known AS (
  SELECT customer_id FROM customers WHERE customer_id IS NOT NULL
  UNION
  SELECT customer_id FROM acts
),
summed AS (
  SELECT
    customer_id,
    max(CASE WHEN kind = 'cancellation' THEN day END) AS left_on,
    max(CASE WHEN kind = 'purchase' THEN day END) AS last_on,
    count(DISTINCT CASE WHEN kind = 'purchase' AND day >= $first_day THEN day END) AS n_bought
  FROM acts
  GROUP BY customer_id
)
SELECT k.customer_id, coalesce(s.n_bought, 0) AS n_bought
FROM known AS k
LEFT JOIN summed AS s ON s.customer_id = k.customer_id
WHERE s.left_on IS NULL OR s.last_on > s.left_on
ORDER BY k.customer_id
