-- What customers did in two windows before a day, one after the other: sums, squares and products by outcome and
-- group, over customers who were there from the first day on and had not cancelled by the second window. The row
-- without an outcome counts them.
WITH seen AS (
  SELECT customer_id, CAST(since AS DATE) AS known_on, CAST($grouping AS VARCHAR) AS label, 1 AS listed
  FROM customers
  WHERE customer_id IS NOT NULL
  UNION ALL
  SELECT
    customer_id, min(CAST(occurred_at AS DATE)) AS known_on, CAST(NULL AS VARCHAR) AS label, 0 AS listed
  FROM events
  WHERE customer_id IS NOT NULL
  GROUP BY customer_id
),
gone AS (
  SELECT customer_id, 1 AS has_gone
  FROM events
  WHERE kind = 'cancellation' AND CAST(occurred_at AS DATE) < $day
  GROUP BY customer_id
),
people AS (
  SELECT s.customer_id, max(s.label) AS label
  FROM seen AS s
  LEFT JOIN gone AS g ON g.customer_id = s.customer_id
  WHERE g.has_gone IS NULL
  GROUP BY s.customer_id
  HAVING min(s.known_on) < $before_from OR (min(s.known_on) IS NULL AND max(s.listed) = 1)
),
done AS (
  SELECT
    customer_id,
    kind,
    CAST(occurred_at AS DATE) AS day,
    CASE WHEN CAST(occurred_at AS DATE) >= $day THEN 1 ELSE 0 END AS is_after,
    amount
  FROM events
  WHERE CAST(occurred_at AS DATE) >= $before_from AND CAST(occurred_at AS DATE) < $until
),
measured AS (
  SELECT
    customer_id,
    'purchases' AS outcome,
    CAST(count(DISTINCT CASE WHEN is_after = 1 THEN day END) AS DOUBLE) AS later,
    CAST(count(DISTINCT CASE WHEN is_after = 0 THEN day END) AS DOUBLE) AS earlier
  FROM done
  WHERE kind = 'purchase' AND coalesce(amount, 0) >= 0
  GROUP BY customer_id
  UNION ALL
  SELECT
    customer_id,
    'revenue' AS outcome,
    CAST(coalesce(sum(CASE WHEN is_after = 1 THEN amount END), 0) AS DOUBLE) AS later,
    CAST(coalesce(sum(CASE WHEN is_after = 0 THEN amount END), 0) AS DOUBLE) AS earlier
  FROM done
  WHERE kind = 'purchase' AND amount >= 0
  GROUP BY customer_id
  UNION ALL
  SELECT
    customer_id,
    CASE
      WHEN kind = 'complaint' THEN 'complaints'
      WHEN kind = 'referral' THEN 'referrals'
      WHEN kind = 'contribution' THEN 'contributions'
    END AS outcome,
    CAST(sum(is_after) AS DOUBLE) AS later,
    CAST(sum(1 - is_after) AS DOUBLE) AS earlier
  FROM done
  WHERE kind IN ('complaint', 'referral', 'contribution')
  GROUP BY customer_id, kind
  UNION ALL
  SELECT customer_id, 'cancellations' AS outcome, CAST(max(is_after) AS DOUBLE) AS later, 0e0 AS earlier
  FROM done
  WHERE kind = 'cancellation'
  GROUP BY customer_id
)
SELECT
  p.label,
  m.outcome,
  count(*) AS n,
  sum(m.later) AS later,
  sum(m.earlier) AS earlier,
  sum(m.later * m.later) AS later_squared,
  sum(m.earlier * m.earlier) AS earlier_squared,
  sum(m.later * m.earlier) AS product
FROM people AS p
JOIN measured AS m ON m.customer_id = p.customer_id
GROUP BY p.label, m.outcome
UNION ALL
SELECT
  label,
  CAST(NULL AS VARCHAR) AS outcome,
  count(*) AS n,
  CAST(NULL AS DOUBLE) AS later,
  CAST(NULL AS DOUBLE) AS earlier,
  CAST(NULL AS DOUBLE) AS later_squared,
  CAST(NULL AS DOUBLE) AS earlier_squared,
  CAST(NULL AS DOUBLE) AS product
FROM people
GROUP BY label
