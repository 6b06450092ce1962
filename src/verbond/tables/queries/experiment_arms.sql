-- The arm of each customer in an experiment, since when, whether so many days from then on are over (-1: they were
-- over before anything is known), and the first day on which the action really reached her: in control with
-- anything else, in another arm with what is its own.
WITH dealt AS (
  SELECT customer_id, variant, "cluster", occurred_at
  FROM assignments
  WHERE action_id = $action_id AND $is_dealt
  UNION ALL
  SELECT customer_id, variant, CAST(NULL AS VARCHAR) AS "cluster", occurred_at
  FROM exposures
  WHERE action_id = $action_id AND NOT $is_dealt
),
arms AS (
  SELECT customer_id, variant, min("cluster") AS "cluster", min(CAST(occurred_at AS DATE)) AS dealt_on
  FROM dealt
  WHERE customer_id IS NOT NULL AND variant IS NOT NULL AND occurred_at IS NOT NULL
  GROUP BY customer_id, variant
),
reached AS (
  SELECT a.customer_id, a.variant, min(CAST(x.occurred_at AS DATE)) AS reached_on
  FROM arms AS a
  JOIN exposures AS x ON x.customer_id = a.customer_id
  WHERE x.action_id = $action_id AND CASE
    WHEN a.variant = $control THEN coalesce(x.variant, '') <> $control
    ELSE coalesce(x.variant, a.variant) = a.variant
  END
  GROUP BY a.customer_id, a.variant
)
SELECT
  a.customer_id,
  a.variant,
  a."cluster",
  a.dealt_on,
  CASE
    WHEN date_diff('day', a.dealt_on, $first_day) >= $days THEN -1
    WHEN date_diff('day', a.dealt_on, $last_day) >= $days - 1 THEN 1
    ELSE 0
  END AS is_over,
  r.reached_on
FROM arms AS a
LEFT JOIN reached AS r ON r.customer_id = a.customer_id AND r.variant = a.variant
