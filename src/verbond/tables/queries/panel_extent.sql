-- First and last moment of anything that happened, and of anything that was answered.
SELECT 'events' AS source, min(occurred_at) AS first_at, max(occurred_at) AS last_at FROM events
UNION ALL
SELECT 'responses' AS source, min(occurred_at) AS first_at, max(occurred_at) AS last_at FROM responses
UNION ALL
SELECT 'scores' AS source, min(occurred_at) AS first_at, max(occurred_at) AS last_at FROM scores
