-- When customers were asked, round by round, and how many; an empty value is somebody asked who did not answer.
WITH asked AS (
  SELECT
    wave,
    respondent_id,
    max(customer_id) AS customer_id,
    CAST(min(occurred_at) AS DATE) AS first_day,
    CAST(max(occurred_at) AS DATE) AS last_day,
    count(value) AS n_answers
  FROM responses
  WHERE coalesce("group", 'customer') = 'customer'
  GROUP BY wave, respondent_id
)
SELECT
  wave,
  min(first_day) AS first_day,
  max(last_day) AS last_day,
  count(*) AS n_asked,
  count(*) FILTER (WHERE n_answers = 0) AS n_silent,
  count(*) FILTER (WHERE customer_id IS NULL) AS n_unknown
FROM asked
GROUP BY wave
ORDER BY wave
