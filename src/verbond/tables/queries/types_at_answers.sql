-- The relationship type with the highest score of each customer, in the last answers until the day of an answer.
WITH asked AS (
  SELECT DISTINCT customer_id, CAST(occurred_at AS DATE) AS day
  FROM responses
  WHERE customer_id IS NOT NULL AND occurred_at IS NOT NULL AND value IS NOT NULL
),
scored AS (
  SELECT customer_id, CAST(occurred_at AS DATE) AS scored_on, construct, max(score) AS score
  FROM scores
  WHERE customer_id IS NOT NULL AND construct IN ('market', 'authority', 'meaning', 'equality')
  GROUP BY customer_id, CAST(occurred_at AS DATE), construct
),
known AS (
  SELECT
    a.customer_id,
    a.day,
    s.construct,
    row_number() OVER (
      PARTITION BY a.customer_id, a.day ORDER BY s.scored_on DESC, s.score DESC, s.construct
    ) AS place
  FROM asked AS a
  JOIN scored AS s ON s.customer_id = a.customer_id
  WHERE s.scored_on <= a.day
)
SELECT customer_id, day, construct AS label
FROM known
WHERE place = 1
ORDER BY customer_id, day
