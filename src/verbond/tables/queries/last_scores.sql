-- The score of one construct of each customer, in the last answers.
WITH ranked AS (
  SELECT
    customer_id,
    score,
    row_number() OVER (
      PARTITION BY customer_id ORDER BY occurred_at DESC NULLS LAST, wave DESC, respondent_id
    ) AS place
  FROM scores
  WHERE customer_id IS NOT NULL AND construct = $measured
)
SELECT customer_id, score
FROM ranked
WHERE place = 1
ORDER BY customer_id
