-- Every action with its kind, its rung, the message that carried it, and how many customers it reached.
SELECT
  a.action_id,
  max(a.kind) AS kind,
  CAST(max(a.rung) AS DOUBLE) AS rung,
  coalesce(max(a.message_id), '') AS message_id,
  count(DISTINCT x.customer_id) AS n_reached
FROM actions AS a
LEFT JOIN exposures AS x ON x.action_id = a.action_id
WHERE a.kind <> $left_out
GROUP BY a.action_id
ORDER BY a.action_id
