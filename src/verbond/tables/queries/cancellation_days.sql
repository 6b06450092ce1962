-- How many cancellations there are, and between which days.
SELECT
  count(*) AS n,
  CAST(min(occurred_at) AS DATE) AS first_on,
  CAST(max(occurred_at) AS DATE) AS last_on
FROM events
WHERE kind = 'cancellation'
