-- Customers of whom a group is known, followed from the first day on which it was: until they cancelled or the data
-- end, and what they bought in between. Groups: the type with the highest score in the first answers, or the most
-- probable rung of the first period, known once that is over.
WITH answers AS (
  SELECT
    customer_id,
    construct,
    CAST(occurred_at AS DATE) AS known_on,
    row_number() OVER (
      PARTITION BY customer_id ORDER BY CAST(occurred_at AS DATE), score DESC, construct
    ) AS place
  FROM scores
  WHERE $by = 'type' AND customer_id IS NOT NULL AND occurred_at IS NOT NULL
    AND construct IN ('market', 'authority', 'meaning', 'equality')
),
periods AS (
  SELECT DISTINCT period
  FROM rungs
  WHERE $by = 'rung'
),
ended AS (
  SELECT period, lead(period) OVER (ORDER BY period) AS ended_on
  FROM periods
),
stood AS (
  SELECT
    customer_id,
    rung,
    period,
    row_number() OVER (PARTITION BY customer_id ORDER BY period, probability DESC, rung) AS place
  FROM rungs
  WHERE $by = 'rung'
),
entries AS (
  SELECT customer_id, construct AS label, known_on, 1 AS lag
  FROM answers
  WHERE place = 1
  UNION ALL
  SELECT s.customer_id, CAST(s.rung AS VARCHAR) AS label, e.ended_on AS known_on, 0 AS lag
  FROM stood AS s
  JOIN ended AS e ON e.period = s.period
  WHERE s.place = 1 AND e.ended_on IS NOT NULL
),
acts AS (
  SELECT
    customer_id,
    CAST(occurred_at AS DATE) AS day,
    kind,
    coalesce(order_id, CAST(CAST(occurred_at AS DATE) AS VARCHAR)) AS order_name,
    amount,
    margin,
    coalesce(discount, list_price - amount) AS off,
    currency
  FROM events
  WHERE kind = 'cancellation' OR (kind = 'purchase' AND coalesce(amount, 0) >= 0)
),
begun AS (
  SELECT
    e.customer_id,
    e.label,
    CAST(c.since AS DATE) AS since,
    e.lag,
    greatest(e.known_on, coalesce(CAST(c.since AS DATE), e.known_on), $first_day) AS begins_on
  FROM entries AS e
  LEFT JOIN customers AS c ON c.customer_id = e.customer_id
),
gone AS (
  SELECT
    b.customer_id,
    max(CASE WHEN date_diff('day', b.begins_on, a.day) < b.lag THEN 1 ELSE 0 END) AS gone_before,
    min(CASE WHEN date_diff('day', b.begins_on, a.day) >= b.lag THEN a.day END) AS left_on
  FROM begun AS b
  JOIN acts AS a ON a.customer_id = b.customer_id
  WHERE a.kind = 'cancellation' AND (b.since IS NULL OR a.day >= b.since)
  GROUP BY b.customer_id
),
spans AS (
  SELECT
    b.customer_id,
    b.label,
    b.since,
    b.begins_on,
    b.lag,
    coalesce(g.left_on, $last_day) AS ends_on,
    CASE WHEN g.left_on IS NULL THEN 0 ELSE 1 END AS has_left
  FROM begun AS b
  LEFT JOIN gone AS g ON g.customer_id = b.customer_id
  WHERE coalesce(g.gone_before, 0) = 0 AND date_diff('day', b.begins_on, coalesce(g.left_on, $last_day)) >= b.lag
)
SELECT
  s.customer_id,
  s.label,
  s.has_left,
  date_diff('day', s.since, s.begins_on) AS days_before,
  date_diff('day', s.begins_on, s.ends_on) + 1 - s.lag AS n_days,
  count(DISTINCT a.order_name) AS n_orders,
  coalesce(sum(a.amount), 0) AS revenue,
  count(a.amount) AS n_amounts,
  coalesce(sum(a.margin), 0) AS margin,
  count(a.margin) AS n_margins,
  count(a.off) AS n_known,
  count(*) FILTER (WHERE a.off > 0) AS n_discounted,
  min(a.currency) AS first_currency,
  max(a.currency) AS last_currency
FROM spans AS s
LEFT JOIN acts AS a ON a.customer_id = s.customer_id AND a.kind = 'purchase'
  AND date_diff('day', s.begins_on, a.day) >= s.lag AND a.day <= s.ends_on
GROUP BY s.customer_id, s.label, s.has_left, s.since, s.begins_on, s.ends_on, s.lag
ORDER BY s.customer_id
