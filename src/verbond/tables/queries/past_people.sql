-- Everybody who is known: since which month, in which month an action first reached her, and in which she cancelled;
-- numbered by name.
WITH reached AS (
  SELECT x.customer_id, min(period_number(x.occurred_at)) AS reached_in
  FROM exposures AS x
  LEFT JOIN actions AS a ON a.action_id = x.action_id
  WHERE x.action_id = $action OR a.kind = $action
  GROUP BY x.customer_id
),
activity AS (
  SELECT
    customer_id,
    min(period_number(occurred_at)) AS first_in,
    min(CASE WHEN kind = 'cancellation' THEN period_number(occurred_at) END) AS left_in
  FROM events
  WHERE customer_id IS NOT NULL
  GROUP BY customer_id
),
known AS (
  SELECT customer_id, min(period_number(since)) AS since_in
  FROM customers
  WHERE customer_id IS NOT NULL
  GROUP BY customer_id
)
SELECT
  CAST(row_number() OVER (ORDER BY coalesce(k.customer_id, a.customer_id)) - 1 AS BIGINT) AS customer_number,
  coalesce(k.customer_id, a.customer_id) AS customer_id,
  CAST(least(coalesce(k.since_in, a.first_in), coalesce(a.first_in, k.since_in)) AS INT) AS known_in,
  CAST(r.reached_in AS INT) AS reached_in,
  CAST(a.left_in AS INT) AS left_in
FROM known AS k
FULL JOIN activity AS a ON a.customer_id = k.customer_id
LEFT JOIN reached AS r ON r.customer_id = coalesce(k.customer_id, a.customer_id)
ORDER BY customer_number
