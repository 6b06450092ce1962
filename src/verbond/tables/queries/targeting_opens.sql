-- Actions of one name or kind, whether a lot decided whom they reach, and the first day on which they reached somebody. Where
-- it dealt out variants, or texts in a survey, it decided what people got and not who got anything.
SELECT
  a.action_id,
  CASE
    WHEN max(CASE WHEN a.randomised AND a.kind <> 'stimulus' THEN 1 ELSE 0 END) = 1 AND count(DISTINCT x.variant) < 2 THEN 1
    ELSE 0
  END AS by_lot,
  min(CAST(x.occurred_at AS DATE)) AS opens_on
FROM actions AS a
LEFT JOIN exposures AS x ON x.action_id = a.action_id
WHERE a.action_id = $action OR a.kind = $action
GROUP BY a.action_id
ORDER BY a.action_id
