-- The last answer to one question from the day of the lot on, and the last one before it.
WITH ranked AS (
  SELECT
    a.customer_id,
    a.variant,
    r.value,
    CASE WHEN CAST(r.occurred_at AS DATE) >= a.dealt_on THEN 1 ELSE 0 END AS is_after,
    row_number() OVER (
      PARTITION BY a.customer_id, a.variant, CASE WHEN CAST(r.occurred_at AS DATE) >= a.dealt_on THEN 1 ELSE 0 END
      ORDER BY r.occurred_at DESC, r.wave DESC, r.respondent_id, r.value
    ) AS place
  FROM arms AS a
  JOIN responses AS r ON r.customer_id = a.customer_id
  WHERE r.item = $item AND r.value IS NOT NULL AND r.occurred_at IS NOT NULL
)
SELECT
  customer_id,
  variant,
  max(CASE WHEN is_after = 1 THEN value END) AS value_after,
  max(CASE WHEN is_after = 0 THEN value END) AS value_before
FROM ranked
WHERE place = 1
GROUP BY customer_id, variant
