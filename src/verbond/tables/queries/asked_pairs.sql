-- Who answered two questions in one go: how satisfied, and what pulls elsewhere. One row a customer: their last such
-- answers with full follow-up, else their last.
WITH stated AS (
  SELECT
    customer_id,
    CAST(max(occurred_at) AS DATE) AS day,
    avg($satisfaction) AS satisfaction,
    avg($pull) AS pull
  FROM responses
  WHERE customer_id IS NOT NULL AND value IS NOT NULL AND coalesce("group", 'customer') = 'customer'
  GROUP BY customer_id, respondent_id, wave
),
ranked AS (
  SELECT
    *,
    CASE WHEN date_diff('day', day, $last_day) < $horizon_days THEN 'too_recent' ELSE 'followed' END AS follow_up,
    row_number() OVER (
      PARTITION BY customer_id
      ORDER BY CASE WHEN date_diff('day', day, $last_day) < $horizon_days THEN 1 ELSE 0 END, day DESC,
        satisfaction, pull
    ) AS place
  FROM stated
  WHERE satisfaction IS NOT NULL AND pull IS NOT NULL AND day IS NOT NULL
)
SELECT customer_id, day, satisfaction, pull, follow_up
FROM ranked
WHERE place = 1
