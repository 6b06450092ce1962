-- How many customers have each history until a day: days with a purchase, the span of them, how long they were
-- seen, and on how many days they bought after it. Rows below zero are refunds, not purchases.
WITH days AS (
  SELECT
    customer_id,
    CAST(occurred_at AS DATE) AS bought_on
  FROM events
  WHERE kind = 'purchase' AND coalesce(amount, 0) >= 0
  GROUP BY customer_id, CAST(occurred_at AS DATE)
),
spans AS (
  SELECT
    customer_id,
    min(bought_on) AS first_day,
    max(CASE WHEN bought_on <= $until THEN bought_on END) AS last_day,
    count(CASE WHEN bought_on <= $until THEN 1 END) AS n_days,
    count(CASE WHEN bought_on > $until THEN 1 END) AS n_later
  FROM days
  GROUP BY customer_id
)
SELECT
  CAST(n_days - 1 AS INTEGER) AS frequency,
  CAST(date_diff('day', first_day, last_day) AS INTEGER) AS recency_days,
  CAST(date_diff('day', first_day, $until) AS INTEGER) AS observed_days,
  CAST(n_later AS INTEGER) AS later,
  count(*) AS n_customers
FROM spans
WHERE first_day <= $until
GROUP BY n_days, first_day, last_day, n_later
ORDER BY observed_days DESC, recency_days, frequency, later
