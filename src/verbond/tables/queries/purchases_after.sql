-- On how many days each respondent bought within the horizon after their last answer; only those whose whole
-- horizon lies within the data.
WITH asked AS (
  SELECT
    respondent_id,
    max(customer_id) AS customer_id,
    CAST(max(occurred_at) AS DATE) AS answered_on
  FROM responses
  WHERE value IS NOT NULL AND coalesce("group", 'customer') = 'customer'
  GROUP BY respondent_id
)
SELECT
  a.respondent_id,
  count(DISTINCT CASE
    WHEN date_diff('day', a.answered_on, CAST(e.occurred_at AS DATE)) BETWEEN 1 AND $horizon_days
      THEN CAST(e.occurred_at AS DATE)
  END) AS n_days
FROM asked AS a
LEFT JOIN events AS e ON e.customer_id = a.customer_id AND e.kind = 'purchase'
WHERE a.customer_id IS NOT NULL AND date_diff('day', a.answered_on, $last_day) >= $horizon_days
GROUP BY a.respondent_id
ORDER BY a.respondent_id
