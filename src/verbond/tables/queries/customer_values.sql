-- What each customer bought between two days, set back to the first of them, and when each bought for the first time.
WITH bought AS (
  SELECT
    customer_id,
    CAST(occurred_at AS DATE) AS bought_on,
    amount,
    margin,
    currency,
    CASE WHEN occurred_at >= $first_from AND occurred_at < $first_until THEN 1 ELSE 0 END AS inside,
    power($daily_factor, date_diff('day', $first_from, CAST(occurred_at AS DATE))) AS factor
  FROM events
  WHERE kind = 'purchase'
)
SELECT
  customer_id,
  min(CASE WHEN coalesce(amount, 0) >= 0 THEN bought_on END) AS first_bought_on,
  count(*) FILTER (WHERE inside = 1 AND coalesce(amount, 0) >= 0) AS n_rows,
  count(amount) FILTER (WHERE inside = 1 AND amount >= 0) AS n_with_amount,
  count(margin) FILTER (WHERE inside = 1 AND coalesce(amount, 0) >= 0) AS n_with_margin,
  count(*) FILTER (WHERE inside = 1 AND amount < 0) AS n_refunds,
  CAST(coalesce(sum(CASE WHEN inside = 1 AND amount >= 0 THEN amount * factor END), 0) AS DOUBLE) AS revenue,
  CAST(coalesce(sum(CASE WHEN inside = 1 AND coalesce(amount, 0) >= 0 THEN margin * factor END), 0) AS DOUBLE)
    AS margin,
  min(CASE WHEN inside = 1 THEN currency END) AS first_currency,
  max(CASE WHEN inside = 1 THEN currency END) AS last_currency
FROM bought
GROUP BY customer_id
ORDER BY customer_id
