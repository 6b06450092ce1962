-- The relationship type with the highest score of each customer, in the last answers before the day of the lot; with
-- `$same_sheet` also in those of that day.
WITH scored AS (
  SELECT
    a.customer_id,
    a.variant,
    s.construct,
    row_number() OVER (
      PARTITION BY a.customer_id, a.variant ORDER BY s.occurred_at DESC, s.score DESC, s.construct
    ) AS place
  FROM arms AS a
  JOIN scores AS s ON s.customer_id = a.customer_id
  WHERE s.construct IN ('market', 'authority', 'meaning', 'equality')
    AND (CAST(s.occurred_at AS DATE) < a.dealt_on
      OR ($same_sheet AND CAST(s.occurred_at AS DATE) = a.dealt_on))
)
SELECT customer_id, variant, construct AS label
FROM scored
WHERE place = 1
