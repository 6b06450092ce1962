-- What each action cost and what it was for.
SELECT
  action_id,
  coalesce(label, action_id) AS label,
  kind,
  aim,
  cost,
  starts_on,
  ends_on
FROM actions
ORDER BY action_id
