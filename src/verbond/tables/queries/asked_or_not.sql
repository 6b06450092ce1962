-- Who was already a customer on a day, and on which side each stands: asked after it, or not. `side` may look at
-- a.first_day (first asked), a.undated and the columns of customers (c).
WITH known AS (
  SELECT customer_id, CAST(since AS DATE) AS begun_on, CASE WHEN consent = FALSE THEN 0 ELSE 1 END AS willing
  FROM customers
  UNION ALL
  SELECT customer_id, CAST(min(occurred_at) AS DATE) AS begun_on, 1 AS willing
  FROM events
  GROUP BY customer_id
),
begun AS (
  SELECT customer_id, min(begun_on) AS begun_on, min(willing) AS willing
  FROM known
  GROUP BY customer_id
),
times_asked AS (
  SELECT
    customer_id,
    CAST(min(occurred_at) AS DATE) AS first_day,
    max(CASE WHEN occurred_at IS NULL THEN 1 ELSE 0 END) AS undated
  FROM responses
  WHERE customer_id IS NOT NULL AND coalesce("group", 'customer') = 'customer'
  GROUP BY customer_id
)
SELECT
  b.customer_id,
  $day AS day,
  $side AS side,
  CASE WHEN a.first_day <= $last_day THEN 1 ELSE 0 END AS was_asked
FROM begun AS b
LEFT JOIN times_asked AS a ON a.customer_id = b.customer_id
LEFT JOIN customers AS c ON c.customer_id = b.customer_id
WHERE b.begun_on <= $day
