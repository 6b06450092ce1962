-- Who named whom, for the first time, before a day; whether the named are known at all, and since when.
WITH named AS (
  SELECT
    customer_id,
    related_customer_id,
    CAST(min(occurred_at) AS DATE) AS referred_on,
    count(*) AS n_rows
  FROM events
  WHERE kind = 'referral' AND occurred_at < $first_until
  GROUP BY customer_id, related_customer_id
),
listed AS (
  SELECT customer_id, CAST(min(since) AS DATE) AS since
  FROM customers
  GROUP BY customer_id
),
active AS (
  SELECT DISTINCT customer_id
  FROM events
)
SELECT
  n.customer_id,
  n.related_customer_id,
  n.referred_on,
  n.n_rows,
  l.since,
  CASE WHEN l.customer_id IS NOT NULL OR a.customer_id IS NOT NULL THEN 1 ELSE 0 END AS is_known
FROM named AS n
LEFT JOIN listed AS l ON l.customer_id = n.related_customer_id
LEFT JOIN active AS a ON a.customer_id = n.related_customer_id
ORDER BY n.referred_on, n.customer_id, n.related_customer_id
