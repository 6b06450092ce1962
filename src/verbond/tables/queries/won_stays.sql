-- How many of the won stayed how many days, by what won them: until they cancelled, or until $last_day.
WITH cancelled AS (
  SELECT w.customer_id, min(CAST(e.occurred_at AS DATE)) AS left_on
  FROM won AS w
  JOIN events AS e ON e.customer_id = w.customer_id
  WHERE e.kind = 'cancellation' AND CAST(e.occurred_at AS DATE) BETWEEN w.won_on AND $last_day
  GROUP BY w.customer_id
)
SELECT
  w.route,
  w.name,
  date_diff('day', w.won_on, coalesce(c.left_on, $last_day)) + 1 AS days,
  CASE WHEN c.customer_id IS NULL THEN 0 ELSE 1 END AS has_left,
  count(*) AS n,
  sum(w.both_ways) AS n_both_ways
FROM won AS w
LEFT JOIN cancelled AS c ON c.customer_id = w.customer_id
GROUP BY w.route, w.name, days, has_left
ORDER BY w.route, w.name, days, has_left
