-- How many rows of purchases name a product.
SELECT count(*) AS n_rows
FROM events
WHERE kind = 'purchase' AND coalesce(amount, 0) >= 0 AND product IS NOT NULL
