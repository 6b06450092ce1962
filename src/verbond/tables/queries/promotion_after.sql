-- What followed one purchase of each customer: the very first, and the first while established. Days with a
-- purchase in the horizon after it, for the established less those in the horizon before it.
WITH days AS (
  SELECT
    customer_id,
    CAST(occurred_at AS DATE) AS bought_on,
    count(coalesce(discount, list_price - amount)) AS n,
    count(*) FILTER (WHERE coalesce(discount, list_price - amount) > 0) AS k
  FROM events
  WHERE kind = 'purchase' AND coalesce(amount, 0) >= 0
  GROUP BY customer_id, bought_on
),
firsts AS (
  SELECT customer_id, min(bought_on) AS first_day
  FROM days
  GROUP BY customer_id
),
chosen AS (
  SELECT customer_id, 0 AS established, first_day AS chosen_on
  FROM firsts
  WHERE first_day >= $known_from AND first_day <= $decided_until
  UNION ALL
  SELECT d.customer_id, 1 AS established, min(d.bought_on) AS chosen_on
  FROM days AS d
  JOIN firsts AS f ON f.customer_id = d.customer_id
  WHERE date_diff('day', f.first_day, d.bought_on) >= $new_days
    AND d.bought_on >= $before_from AND d.bought_on <= $decided_until
  GROUP BY d.customer_id
),
followed AS (
  SELECT
    c.customer_id,
    c.established,
    max(CASE WHEN d.bought_on = c.chosen_on THEN d.n END) AS n,
    max(CASE WHEN d.bought_on = c.chosen_on THEN d.k END) AS k,
    sum(CASE
      WHEN date_diff('day', c.chosen_on, d.bought_on) BETWEEN 1 AND $horizon_days THEN 1
      WHEN c.established = 1 AND date_diff('day', d.bought_on, c.chosen_on) BETWEEN 1 AND $horizon_days THEN -1
      ELSE 0
    END) AS change
  FROM chosen AS c
  JOIN days AS d ON d.customer_id = c.customer_id
  GROUP BY c.customer_id, c.established
)
SELECT
  established,
  CASE WHEN 2 * k >= n THEN 1 ELSE 0 END AS on_discount,
  count(*) AS n_people,
  CAST(sum(change) AS DOUBLE) AS total,
  CAST(sum(change * change) AS DOUBLE) AS squares
FROM followed
WHERE n > 0
GROUP BY established, on_discount
ORDER BY established, on_discount
