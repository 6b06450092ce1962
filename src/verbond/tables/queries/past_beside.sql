-- Other actions in the months in which an action is compared: how many of those whom it reached they reached too,
-- and how many of the others. Only customers who were known before those months and had not left when the action
-- first reached somebody. `past_people` stands for the rows of the query of that name.
WITH chosen AS (
  SELECT action_id
  FROM actions
  WHERE action_id = $action OR kind = $action
),
compared AS (
  SELECT customer_id, CASE WHEN reached_in <= $last THEN 1 ELSE 0 END AS was_reached
  FROM past_people
  WHERE coalesce(known_in, 0) < $opens AND (reached_in IS NULL OR reached_in > $opens)
    AND (left_in IS NULL OR left_in < known_in OR left_in >= $reached_from)
)
SELECT
  x.action_id,
  count(DISTINCT CASE WHEN m.was_reached = 1 THEN x.customer_id END) AS n_reached,
  count(DISTINCT CASE WHEN m.was_reached = 0 THEN x.customer_id END) AS n_others
FROM exposures AS x
JOIN compared AS m ON m.customer_id = x.customer_id
LEFT JOIN chosen AS c ON c.action_id = x.action_id
WHERE c.action_id IS NULL AND period_number(x.occurred_at) BETWEEN $reached_from AND $last
GROUP BY x.action_id
ORDER BY x.action_id
