-- The day of the first and of the second complaint of each customer.
WITH counted AS (
  SELECT
    customer_id,
    CAST(occurred_at AS DATE) AS known_on,
    row_number() OVER (PARTITION BY customer_id ORDER BY occurred_at) AS place
  FROM events
  WHERE kind = 'complaint'
)
SELECT customer_id, known_on, CASE WHEN place = 1 THEN 'one' ELSE 'more' END AS label
FROM counted
WHERE place <= 2
ORDER BY customer_id, known_on, place
