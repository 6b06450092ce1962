-- Arms of actions of one name or kind of which the action reached some people and not others: there the lot did not decide
-- alone who was reached.
WITH arms AS (
  SELECT
    s.action_id,
    s.variant,
    count(DISTINCT s.customer_id) AS n_assigned,
    count(DISTINCT x.customer_id) AS n_reached
  FROM assignments AS s
  JOIN actions AS a ON a.action_id = s.action_id
  LEFT JOIN exposures AS x ON x.action_id = s.action_id AND x.customer_id = s.customer_id
  WHERE a.action_id = $action OR a.kind = $action
  GROUP BY s.action_id, s.variant
)
SELECT action_id, variant
FROM arms
WHERE n_reached > 0 AND n_reached < n_assigned
ORDER BY action_id, variant
