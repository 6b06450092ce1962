-- On how many days customers bought again, by how many days after the very first purchase of anybody; only
-- customers who first bought until a day.
WITH days AS (
  SELECT
    customer_id,
    CAST(occurred_at AS DATE) AS bought_on
  FROM events
  WHERE kind = 'purchase' AND coalesce(amount, 0) >= 0
  GROUP BY customer_id, CAST(occurred_at AS DATE)
),
firsts AS (
  SELECT
    customer_id,
    min(bought_on) AS first_day
  FROM days
  GROUP BY customer_id
),
start AS (
  SELECT min(first_day) AS first_of_all FROM firsts
)
SELECT
  CAST(date_diff('day', s.first_of_all, d.bought_on) AS INTEGER) AS days_since,
  count(*) AS n
FROM days AS d
JOIN firsts AS f ON f.customer_id = d.customer_id
CROSS JOIN start AS s
WHERE d.bought_on > f.first_day AND f.first_day <= $until
GROUP BY s.first_of_all, d.bought_on
ORDER BY days_since
