-- What the customers of an experiment did in so many days from that of the lot on, and in as many before it; `arms`
-- has a customer_id, a variant and that day. Who did nothing has no row.
WITH acts AS (
  SELECT
    a.customer_id,
    a.variant,
    date_diff('day', a.dealt_on, e.occurred_at) AS away,
    e.kind,
    e.amount,
    e.margin,
    e.currency
  FROM arms AS a
  JOIN events AS e ON e.customer_id = a.customer_id
  WHERE date_diff('day', a.dealt_on, e.occurred_at) BETWEEN -$days AND $days - 1
    AND (e.kind <> 'purchase' OR coalesce(e.amount, 0) >= 0)
),
by_day AS (
  SELECT
    customer_id,
    variant,
    away,
    max(CASE WHEN kind = 'purchase' THEN 1 ELSE 0 END) AS purchases,
    sum(CASE WHEN kind = 'purchase' THEN amount END) AS revenue,
    sum(CASE WHEN kind = 'purchase' THEN margin END) AS margin,
    count(*) FILTER (WHERE kind = 'complaint') AS complaints,
    count(*) FILTER (WHERE kind = 'referral') AS referrals,
    count(*) FILTER (WHERE kind = 'contribution') AS contributions,
    count(*) FILTER (WHERE kind = 'contact') AS contacts,
    max(CASE WHEN kind = 'cancellation' THEN 1 ELSE 0 END) AS cancellations,
    min(CASE WHEN kind = 'purchase' THEN currency END) AS first_currency,
    max(CASE WHEN kind = 'purchase' THEN currency END) AS last_currency
  FROM acts
  GROUP BY customer_id, variant, away
)
SELECT
  customer_id,
  variant,
  sum(CASE WHEN away >= 0 THEN purchases END) AS purchases_after,
  sum(CASE WHEN away >= 0 THEN revenue END) AS revenue_after,
  sum(CASE WHEN away >= 0 THEN margin END) AS margin_after,
  sum(CASE WHEN away >= 0 THEN complaints END) AS complaints_after,
  sum(CASE WHEN away >= 0 THEN referrals END) AS referrals_after,
  sum(CASE WHEN away >= 0 THEN contributions END) AS contributions_after,
  sum(CASE WHEN away >= 0 THEN contacts END) AS contacts_after,
  1 - max(CASE WHEN away >= 0 THEN cancellations END) AS stays_after,
  sum(CASE WHEN away < 0 THEN purchases END) AS purchases_before,
  sum(CASE WHEN away < 0 THEN revenue END) AS revenue_before,
  sum(CASE WHEN away < 0 THEN margin END) AS margin_before,
  sum(CASE WHEN away < 0 THEN complaints END) AS complaints_before,
  sum(CASE WHEN away < 0 THEN referrals END) AS referrals_before,
  sum(CASE WHEN away < 0 THEN contributions END) AS contributions_before,
  sum(CASE WHEN away < 0 THEN contacts END) AS contacts_before,
  1 - max(CASE WHEN away < 0 THEN cancellations END) AS stays_before,
  min(first_currency) AS first_currency,
  max(last_currency) AS last_currency
FROM by_day
GROUP BY customer_id, variant
