-- How much of what each customer bought so far was on discount, each time that it is another kind: none, up to
-- half of the rows, or more. Rows whose discount is not known count for nothing.
WITH bought AS (
  SELECT customer_id, CAST(occurred_at AS DATE) AS known_on, coalesce(discount, list_price - amount) AS off
  FROM events
  WHERE kind = 'purchase' AND coalesce(amount, 0) >= 0
),
days AS (
  SELECT
    customer_id, known_on, count(off) AS n, count(*) FILTER (WHERE off > 0) AS k
  FROM bought
  WHERE off IS NOT NULL
  GROUP BY customer_id, known_on
),
so_far AS (
  SELECT
    customer_id, known_on,
    sum(n) OVER (PARTITION BY customer_id ORDER BY known_on) AS n,
    sum(k) OVER (PARTITION BY customer_id ORDER BY known_on) AS k
  FROM days
),
labelled AS (
  SELECT
    customer_id, known_on, CASE WHEN k = 0 THEN 'none' WHEN 2 * k > n THEN 'mostly' ELSE 'some' END AS label
  FROM so_far
),
beside AS (
  SELECT
    customer_id, known_on, label,
    lag(label) OVER (PARTITION BY customer_id ORDER BY known_on) AS label_before
  FROM labelled
)
SELECT customer_id, known_on, label
FROM beside
WHERE label_before IS NULL OR label_before <> label
ORDER BY customer_id, known_on
