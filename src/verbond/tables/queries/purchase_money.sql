-- Purchases by currency: how many rows, how many below zero (refunds), at zero and without an amount.
SELECT
  currency,
  count(*) AS n_rows,
  count(CASE WHEN amount < 0 THEN 1 END) AS n_refunds,
  count(CASE WHEN amount = 0 THEN 1 END) AS n_free,
  count(CASE WHEN amount IS NULL THEN 1 END) AS n_unknown
FROM events
WHERE kind = 'purchase'
GROUP BY currency
ORDER BY currency
