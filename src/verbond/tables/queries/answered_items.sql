-- Which items a group was asked, and how many answers there are. What was asked about a stimulus, under its name as the
-- instrument, is read with its experiment.
SELECT
  r.item,
  count(*) AS n_asked,
  count(r.value) AS n_answered
FROM responses AS r
LEFT JOIN actions AS a ON a.action_id = r.instrument AND a.kind = 'stimulus'
WHERE coalesce(r."group", 'customer') = $group AND a.action_id IS NULL
GROUP BY r.item
ORDER BY r.item
