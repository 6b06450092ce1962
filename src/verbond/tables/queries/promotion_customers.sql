-- How much each customer bought on discount, while new and after that: rows whose discount is known, by order.
-- Customers first seen before $known_from count as established throughout: since when they buy is not known.
WITH bought AS (
  SELECT
    customer_id,
    CAST(occurred_at AS DATE) AS bought_on,
    coalesce(order_id, CAST(CAST(occurred_at AS DATE) AS VARCHAR)) AS order_name,
    coalesce(discount, list_price - amount) AS off
  FROM events
  WHERE kind = 'purchase' AND coalesce(amount, 0) >= 0
),
firsts AS (
  SELECT customer_id, min(bought_on) AS first_day
  FROM bought
  GROUP BY customer_id
),
orders AS (
  SELECT
    b.customer_id,
    CASE
      WHEN f.first_day >= $known_from AND date_diff('day', f.first_day, b.bought_on) < $new_days THEN 0
      ELSE 1
    END AS established,
    b.order_name,
    CAST(count(b.off) AS DOUBLE) AS n,
    CAST(count(*) FILTER (WHERE b.off > 0) AS DOUBLE) AS k
  FROM bought AS b
  JOIN firsts AS f ON f.customer_id = b.customer_id
  GROUP BY b.customer_id, established, b.order_name
)
SELECT
  customer_id,
  established,
  sum(n) AS n_purchases,
  sum(k) AS n_discounted,
  sum(n * n) AS nn,
  sum(n * k) AS nk,
  sum(k * k) AS kk,
  count(*) AS n_orders
FROM orders
WHERE n > 0
GROUP BY customer_id, established
ORDER BY customer_id, established
