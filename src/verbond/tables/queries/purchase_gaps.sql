-- Days between purchases of all customers until a day, summed up: their logarithms, and of each customer's last two
-- gaps how far the last one's share is from a half. Rows below zero are refunds, not purchases. Sums are of decimals: in
-- whatever order an engine adds, they are the same to the last digit.
WITH days AS (
  SELECT
    customer_id,
    CAST(occurred_at AS DATE) AS bought_on
  FROM events
  WHERE kind = 'purchase' AND coalesce(amount, 0) >= 0 AND CAST(occurred_at AS DATE) <= $until
  GROUP BY customer_id, CAST(occurred_at AS DATE)
),
beside AS (
  SELECT
    bought_on,
    lag(bought_on, 1) OVER (PARTITION BY customer_id ORDER BY bought_on) AS before,
    lag(bought_on, 2) OVER (PARTITION BY customer_id ORDER BY bought_on) AS before_that,
    lead(bought_on, 1) OVER (PARTITION BY customer_id ORDER BY bought_on) AS after_it
  FROM days
),
gaps AS (
  SELECT
    CAST(date_diff('day', before, bought_on) AS DOUBLE) AS gap,
    CASE WHEN after_it IS NULL THEN CAST(date_diff('day', before_that, before) AS DOUBLE) END AS gap_before
  FROM beside
  WHERE before IS NOT NULL
),
shares AS (
  SELECT
    ln(gap) AS log_gap,
    power(gap / nullif(gap + gap_before, 0) - 0.5, 2) AS uneven
  FROM gaps
)
SELECT
  count(*) AS n_gaps,
  CAST(coalesce(sum(CAST(log_gap AS DECIMAL(20, 15))), 0) AS DOUBLE) AS log_days,
  count(uneven) AS n_pairs,
  CAST(coalesce(sum(CAST(uneven AS DECIMAL(20, 15))), 0) AS DOUBLE) AS uneven,
  CAST(coalesce(sum(CAST(uneven * uneven AS DECIMAL(20, 15))), 0) AS DOUBLE) AS uneven_squares
FROM shares
