-- The relationship type with the highest score of each customer, in the last answers before a day.
WITH dated AS (
  SELECT customer_id, construct, score, wave, respondent_id,
    dense_rank() OVER (
      PARTITION BY customer_id ORDER BY occurred_at DESC NULLS LAST, wave DESC, respondent_id
    ) AS answered
  FROM scores
  WHERE customer_id IS NOT NULL AND construct IN ('market', 'authority', 'meaning', 'equality')
    AND (occurred_at < $until OR occurred_at IS NULL)
),
ranked AS (
  SELECT customer_id, construct,
    row_number() OVER (PARTITION BY customer_id ORDER BY score DESC, construct) AS place
  FROM dated
  WHERE answered = 1
)
SELECT customer_id, construct AS label
FROM ranked
WHERE place = 1
ORDER BY customer_id
