-- One row a respondent and wave; the caller adds a column an item.
SELECT
  respondent_id,
  wave,
  max(customer_id) AS customer_id,
  CAST(max(occurred_at) AS DATE) AS occurred_at
FROM responses
WHERE coalesce("group", 'customer') = $group
GROUP BY respondent_id, wave
ORDER BY respondent_id, wave
