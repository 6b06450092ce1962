-- Which items a group was asked, and how many answers there are.
SELECT
  item,
  count(*) AS n_asked,
  count(value) AS n_answered
FROM responses
WHERE coalesce("group", 'customer') = $group
GROUP BY item
ORDER BY item
