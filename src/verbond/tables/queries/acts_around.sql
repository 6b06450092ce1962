-- What customers did in the days before and after a day; `asked` has a customer_id and a day, and whatever else.
-- The day itself counts as before.
WITH days AS (
  SELECT DISTINCT customer_id, day
  FROM asked
  WHERE customer_id IS NOT NULL AND day IS NOT NULL
),
acts AS (
  SELECT customer_id, kind, amount, CAST(occurred_at AS DATE) AS begun_on, CAST(occurred_at AS DATE) AS done_on
  FROM events
  WHERE kind IN ('referral', 'purchase', 'cancellation')
  UNION ALL
  SELECT r.customer_id, 'brought' AS kind, CAST(NULL AS DOUBLE) AS amount,
    CAST(r.occurred_at AS DATE) AS begun_on, min(CAST(p.occurred_at AS DATE)) AS done_on
  FROM events AS r
  JOIN events AS p ON p.customer_id = r.related_customer_id
  WHERE r.kind = 'referral' AND p.kind = 'purchase'
    AND r.related_customer_id <> r.customer_id
    AND CAST(p.occurred_at AS DATE) >= CAST(r.occurred_at AS DATE)
  GROUP BY r.customer_id, r.related_customer_id, CAST(r.occurred_at AS DATE)
),
dated AS (
  SELECT d.customer_id, d.day, a.kind, a.amount,
    date_diff('day', d.day, a.begun_on) AS begun,
    date_diff('day', d.day, a.done_on) AS done
  FROM days AS d
  JOIN acts AS a ON a.customer_id = d.customer_id
),
counted AS (
  SELECT
    customer_id,
    day,
    count(*) FILTER (WHERE kind = 'referral' AND done BETWEEN 1 AND $horizon_days) AS n_referred,
    count(*) FILTER (WHERE kind = 'brought' AND begun >= 1 AND done <= $horizon_days) AS n_brought,
    count(*) FILTER (WHERE kind = 'cancellation' AND done BETWEEN 1 AND $horizon_days) AS n_cancelled,
    count(DISTINCT CASE WHEN kind = 'purchase' AND done BETWEEN 1 AND $horizon_days THEN done END) AS n_bought,
    sum(CASE WHEN kind = 'purchase' AND done BETWEEN 1 AND $horizon_days THEN amount END) AS spent,
    count(*) FILTER (WHERE kind = 'referral' AND done BETWEEN 1 - $horizon_days AND 0) AS n_referred_before,
    count(DISTINCT CASE WHEN kind = 'purchase' AND done BETWEEN 1 - $horizon_days AND 0 THEN done END)
      AS n_bought_before,
    sum(CASE WHEN kind = 'purchase' AND done BETWEEN 1 - $money_days AND 0 THEN amount END) AS spent_before,
    max(CASE WHEN kind = 'purchase' AND done <= 0 THEN done END) AS last_bought,
    max(CASE WHEN kind = 'cancellation' AND done <= 0 THEN done END) AS last_cancelled
  FROM dated
  GROUP BY customer_id, day
)
SELECT
  a.*,
  CASE WHEN c.n_referred > 0 THEN 1 ELSE 0 END AS referred,
  CASE WHEN c.n_brought > 0 THEN 1 ELSE 0 END AS brought_customer,
  CASE WHEN c.n_bought > 0 THEN 1 ELSE 0 END AS bought_again,
  CASE WHEN c.n_cancelled > 0 THEN 1 ELSE 0 END AS left_after,
  CASE WHEN c.last_cancelled >= coalesce(c.last_bought, c.last_cancelled) THEN 1 ELSE 0 END AS gone_before,
  coalesce(c.n_bought, 0) AS n_bought,
  coalesce(c.spent, 0) AS spent,
  coalesce(c.n_referred_before, 0) AS n_referred_before,
  coalesce(c.n_bought_before, 0) AS n_bought_before,
  coalesce(c.spent_before, 0) AS spent_before,
  -c.last_bought AS days_since_bought
FROM asked AS a
LEFT JOIN counted AS c ON c.customer_id = a.customer_id AND c.day = a.day
