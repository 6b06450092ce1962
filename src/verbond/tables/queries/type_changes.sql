-- The relationship type with the highest score of each customer, at each day of answers.
WITH ranked AS (
  SELECT
    customer_id,
    CAST(occurred_at AS DATE) AS known_on,
    construct,
    row_number() OVER (
      PARTITION BY customer_id, CAST(occurred_at AS DATE) ORDER BY score DESC, construct
    ) AS place
  FROM scores
  WHERE customer_id IS NOT NULL AND occurred_at IS NOT NULL
    AND construct IN ('market', 'authority', 'meaning', 'equality')
)
SELECT customer_id, known_on, construct AS label
FROM ranked
WHERE place = 1
ORDER BY customer_id, known_on
