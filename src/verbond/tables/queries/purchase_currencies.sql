-- The currencies of purchases.
SELECT DISTINCT currency
FROM events
WHERE kind = 'purchase' AND amount IS NOT NULL AND currency IS NOT NULL
ORDER BY currency
