-- Actions of one name or kind, and whether a lot decided whom they reached: where it dealt out variants, or texts in a
-- survey, it decided what people got and not who got anything.
SELECT
  a.action_id,
  a.kind,
  a.label,
  a.starts_on,
  a.ends_on,
  CASE
    WHEN a.randomised AND a.kind <> 'stimulus' AND count(DISTINCT x.variant) < 2 THEN 1
    ELSE 0
  END AS by_lot,
  count(DISTINCT x.customer_id) AS n_reached
FROM actions AS a
LEFT JOIN exposures AS x ON x.action_id = a.action_id
WHERE a.action_id = $action OR a.kind = $action
GROUP BY a.action_id, a.kind, a.label, a.starts_on, a.ends_on, a.randomised
ORDER BY a.action_id
