-- What is known of an action as an experiment: whether a lot decided, and from which table its arms can come.
WITH dealt AS (
  SELECT count(DISTINCT customer_id) AS n_dealt
  FROM assignments
  WHERE action_id = $action_id
),
shown AS (
  SELECT count(*) AS n_exposures, count(DISTINCT variant) AS n_shown
  FROM exposures
  WHERE action_id = $action_id
),
named AS (
  SELECT
    count(*) AS n_actions,
    max(kind) AS kind,
    min(CASE WHEN randomised IS NULL THEN NULL WHEN randomised THEN 1 ELSE 0 END) AS by_lot
  FROM actions
  WHERE action_id = $action_id
)
SELECT n.n_actions, n.kind, n.by_lot, d.n_dealt, s.n_exposures, s.n_shown
FROM named AS n
CROSS JOIN dealt AS d
CROSS JOIN shown AS s
