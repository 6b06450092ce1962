-- Days with a purchase before, during and after each dated discount action, of customers whom it reached and of
-- the others: sums over customers of the change against the time before. The three spans are equally long and
-- lie within the data; only those count who had bought before them.
WITH spans AS (
  SELECT
    action_id,
    starts_on,
    ends_on,
    date_diff('day', starts_on, ends_on) + 1 AS n_days
  FROM actions
  WHERE kind = 'discount' AND starts_on <= ends_on
),
dated AS (
  SELECT action_id, starts_on, ends_on, n_days
  FROM spans
  WHERE n_days <= $longest_days
    AND date_diff('day', $first_day, starts_on) >= n_days
    AND date_diff('day', ends_on, $last_day) >= n_days
),
days AS (
  SELECT DISTINCT customer_id, CAST(occurred_at AS DATE) AS bought_on
  FROM events
  WHERE kind = 'purchase' AND coalesce(amount, 0) >= 0
),
firsts AS (
  SELECT customer_id, min(bought_on) AS first_day
  FROM days
  GROUP BY customer_id
),
reached AS (
  SELECT DISTINCT action_id, customer_id
  FROM exposures
),
counted AS (
  SELECT
    a.action_id,
    f.customer_id,
    count(CASE WHEN d.bought_on < a.starts_on THEN 1 END) AS n_before,
    count(CASE WHEN d.bought_on BETWEEN a.starts_on AND a.ends_on THEN 1 END) AS n_during,
    count(CASE WHEN d.bought_on > a.ends_on THEN 1 END) AS n_after
  FROM dated AS a
  JOIN firsts AS f ON date_diff('day', f.first_day, a.starts_on) > a.n_days
  LEFT JOIN days AS d ON d.customer_id = f.customer_id
    AND date_diff('day', d.bought_on, a.starts_on) <= a.n_days
    AND date_diff('day', a.ends_on, d.bought_on) <= a.n_days
  GROUP BY a.action_id, f.customer_id
),
changes AS (
  SELECT
    c.action_id,
    CASE WHEN r.customer_id IS NULL THEN 0 ELSE 1 END AS was_reached,
    CAST(c.n_during - c.n_before AS DOUBLE) AS during,
    CAST(c.n_after - c.n_before AS DOUBLE) AS afterwards
  FROM counted AS c
  LEFT JOIN reached AS r ON r.action_id = c.action_id AND r.customer_id = c.customer_id
)
SELECT
  c.action_id,
  max(a.starts_on) AS starts_on,
  max(a.ends_on) AS ends_on,
  c.was_reached,
  count(*) AS n_people,
  sum(c.during) AS during,
  sum(c.during * c.during) AS during_squares,
  sum(c.afterwards) AS afterwards,
  sum(c.afterwards * c.afterwards) AS afterwards_squares,
  sum((c.during + c.afterwards) * (c.during + c.afterwards)) AS both_squares
FROM changes AS c
JOIN dated AS a ON a.action_id = c.action_id
GROUP BY c.action_id, c.was_reached
ORDER BY c.action_id, c.was_reached
