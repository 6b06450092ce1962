-- First and last moment of the answers of each respondent and wave, a row for each row of `answers`.
SELECT
  respondent_id,
  wave,
  min(occurred_at) AS first_at,
  max(occurred_at) AS last_at
FROM responses
WHERE coalesce("group", 'customer') = $group
GROUP BY respondent_id, wave
ORDER BY respondent_id, wave
