-- Purchases of each customer in a row: on how many days, when first and last, and money of the later ones.
-- Rows below zero are refunds, not purchases.
WITH days AS (
  SELECT
    customer_id,
    CAST(occurred_at AS DATE) AS bought_on,
    sum(amount) AS amount
  FROM events
  WHERE kind = 'purchase' AND coalesce(amount, 0) >= 0
  GROUP BY customer_id, CAST(occurred_at AS DATE)
),
spans AS (
  SELECT
    customer_id,
    min(bought_on) AS first_day,
    max(bought_on) AS last_day,
    count(*) AS n_days
  FROM days
  GROUP BY customer_id
),
later AS (
  SELECT
    d.customer_id,
    sum(d.amount) AS amount,
    count(d.amount) AS n_amounts
  FROM days AS d
  JOIN spans AS s ON s.customer_id = d.customer_id
  WHERE d.bought_on > s.first_day
  GROUP BY d.customer_id
)
SELECT
  s.customer_id,
  CAST(s.n_days - 1 AS INTEGER) AS frequency,
  CAST(date_diff('day', s.first_day, s.last_day) AS INTEGER) AS recency_days,
  CAST(date_diff('day', s.first_day, $until) AS INTEGER) AS observed_days,
  l.amount / nullif(l.n_amounts, 0) AS monetary_value
FROM spans AS s
LEFT JOIN later AS l ON l.customer_id = s.customer_id
ORDER BY s.customer_id
