-- Whom other actions reached in some days, each customer and action once.
WITH chosen AS (
  SELECT action_id
  FROM actions
  WHERE action_id = $action OR kind = $action
)
SELECT DISTINCT x.customer_id, x.action_id
FROM exposures AS x
LEFT JOIN chosen AS c ON c.action_id = x.action_id
WHERE c.action_id IS NULL AND x.customer_id IS NOT NULL AND CAST(x.occurred_at AS DATE) BETWEEN $first_day AND $last_day
ORDER BY x.action_id, x.customer_id
