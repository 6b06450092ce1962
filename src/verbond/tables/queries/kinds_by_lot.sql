-- Kinds of actions of which every action was given by lot.
SELECT kind
FROM actions
WHERE kind IS NOT NULL
GROUP BY kind
HAVING count(*) = sum(CASE WHEN randomised THEN 1 ELSE 0 END)
ORDER BY kind
