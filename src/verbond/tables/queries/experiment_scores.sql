-- The last score of one construct from the day of the lot on, and the last one before it.
WITH ranked AS (
  SELECT
    a.customer_id,
    a.variant,
    s.score,
    s.standard_error,
    CASE WHEN CAST(s.occurred_at AS DATE) >= a.dealt_on THEN 1 ELSE 0 END AS is_after,
    row_number() OVER (
      PARTITION BY a.customer_id, a.variant, CASE WHEN CAST(s.occurred_at AS DATE) >= a.dealt_on THEN 1 ELSE 0 END
      ORDER BY s.occurred_at DESC, s.wave DESC, s.respondent_id, s.score
    ) AS place
  FROM arms AS a
  JOIN scores AS s ON s.customer_id = a.customer_id
  WHERE s.construct = $measured AND s.occurred_at IS NOT NULL
)
SELECT
  customer_id,
  variant,
  max(CASE WHEN is_after = 1 THEN score END) AS value_after,
  max(CASE WHEN is_after = 0 THEN score END) AS value_before,
  max(CASE WHEN is_after = 1 THEN standard_error END) AS error_after
FROM ranked
WHERE place = 1
GROUP BY customer_id, variant
