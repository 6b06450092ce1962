-- Who said what they would do, and when. One row a person and intention: their last answer with full follow-up,
-- else their last answer.
WITH stated AS (
  SELECT
    customer_id,
    CASE WHEN customer_id IS NULL THEN respondent_id END AS stranger,
    $intention AS intention,
    CAST(max(occurred_at) AS DATE) AS answered_on,
    avg($answer) AS answer
  FROM responses
  WHERE $intention IS NOT NULL AND value IS NOT NULL AND coalesce("group", 'customer') = 'customer'
  GROUP BY customer_id, respondent_id, wave, $intention
),
judged AS (
  SELECT
    *,
    CASE
      WHEN customer_id IS NULL THEN 'not_linked'
      WHEN answered_on IS NULL THEN 'undated'
      WHEN date_diff('day', answered_on, $last_day) < $horizon_days THEN 'too_recent'
      ELSE 'followed'
    END AS follow_up
  FROM stated
  WHERE answer IS NOT NULL
),
ranked AS (
  SELECT
    *,
    row_number() OVER (
      PARTITION BY customer_id, stranger, intention
      ORDER BY CASE WHEN follow_up = 'followed' THEN 0 ELSE 1 END, answered_on DESC NULLS LAST, answer
    ) AS place
  FROM judged
)
SELECT customer_id, stranger, intention, answered_on AS day, answer, follow_up
FROM ranked
WHERE place = 1
