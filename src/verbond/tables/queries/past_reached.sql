-- How many customers an action reached.
SELECT count(DISTINCT x.customer_id) AS n_reached
FROM exposures AS x
LEFT JOIN actions AS a ON a.action_id = x.action_id
WHERE x.action_id = $action OR a.kind = $action
