-- Since when each customer is known, and when they cancelled: the first time since they became a customer.
WITH acts AS (
  SELECT customer_id, CAST(occurred_at AS DATE) AS day, kind
  FROM events
),
seen AS (
  SELECT customer_id, CAST(since AS DATE) AS since, CAST(NULL AS DATE) AS day
  FROM customers
  UNION ALL
  SELECT customer_id, CAST(NULL AS DATE) AS since, min(day) AS day
  FROM acts
  GROUP BY customer_id
),
known AS (
  SELECT customer_id, min(since) AS since, min(day) AS first_on
  FROM seen
  GROUP BY customer_id
),
cancelled AS (
  SELECT k.customer_id, min(a.day) AS left_on
  FROM known AS k
  JOIN acts AS a ON a.customer_id = k.customer_id
  WHERE a.kind = 'cancellation' AND a.day >= coalesce(k.since, k.first_on)
  GROUP BY k.customer_id
),
bought AS (
  SELECT customer_id, max(day) AS last_on
  FROM acts
  WHERE kind = 'purchase'
  GROUP BY customer_id
)
SELECT
  k.customer_id,
  k.since,
  k.first_on,
  c.left_on,
  CASE WHEN b.last_on > c.left_on THEN 1 ELSE 0 END AS bought_after
FROM known AS k
LEFT JOIN cancelled AS c ON c.customer_id = k.customer_id
LEFT JOIN bought AS b ON b.customer_id = k.customer_id
ORDER BY k.customer_id
