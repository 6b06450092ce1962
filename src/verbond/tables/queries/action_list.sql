-- Every action with how many customers it reached and in which time; and a row a kind, without an action.
-- Texts and pictures of surveys are left out.
WITH done AS (
  SELECT
    a.action_id,
    a.kind,
    a.label,
    a.aim,
    a.cost,
    a.starts_on,
    CASE WHEN a.randomised THEN 1 ELSE 0 END AS by_lot,
    x.customer_id,
    x.occurred_at
  FROM actions AS a
  LEFT JOIN exposures AS x ON x.action_id = a.action_id
  WHERE a.kind <> $left_out
),
costs AS (
  SELECT kind, sum(cost) AS cost, count(*) AS n_actions
  FROM actions
  GROUP BY kind
)
SELECT
  d.kind,
  d.action_id,
  max(d.label) AS label,
  max(d.aim) AS aim,
  CAST(max(d.cost) AS DOUBLE) AS cost,
  1 AS n_actions,
  min(d.by_lot) AS by_lot,
  count(DISTINCT d.customer_id) AS n_reached,
  CAST(coalesce(CAST(min(d.occurred_at) AS DATE), min(d.starts_on)) AS DATE) AS first_day,
  CAST(max(d.occurred_at) AS DATE) AS last_day
FROM done AS d
GROUP BY d.kind, d.action_id
UNION ALL
SELECT
  d.kind,
  NULL AS action_id,
  NULL AS label,
  CASE WHEN min(d.aim) = max(d.aim) THEN min(d.aim) END AS aim,
  CAST(max(c.cost) AS DOUBLE) AS cost,
  max(c.n_actions) AS n_actions,
  min(d.by_lot) AS by_lot,
  count(DISTINCT d.customer_id) AS n_reached,
  CAST(coalesce(CAST(min(d.occurred_at) AS DATE), min(d.starts_on)) AS DATE) AS first_day,
  CAST(max(d.occurred_at) AS DATE) AS last_day
FROM done AS d
JOIN costs AS c ON c.kind = d.kind
GROUP BY d.kind
ORDER BY kind, action_id
