-- What each customer bought, how much of it on discount, and what came back: returns, and purchases below zero.
SELECT
  customer_id,
  count(*) FILTER (WHERE kind = 'purchase' AND coalesce(amount, 0) >= 0) AS n_purchases,
  count(CASE WHEN kind = 'purchase' AND coalesce(amount, 0) >= 0 THEN coalesce(discount, list_price - amount) END)
    AS n_known,
  count(*) FILTER (
    WHERE kind = 'purchase' AND coalesce(amount, 0) >= 0 AND coalesce(discount, list_price - amount) > 0
  ) AS n_discounted,
  count(*) FILTER (WHERE kind = 'return' OR amount < 0) AS n_returned
FROM events
WHERE kind = 'purchase' OR kind = 'return'
GROUP BY customer_id
ORDER BY customer_id
