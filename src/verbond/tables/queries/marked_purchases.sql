-- How many purchases of each customer carry a sign that the user named.
SELECT customer_id, count(*) AS n_marked
FROM events
WHERE kind = 'purchase' AND coalesce(amount, 0) >= 0 AND $marked
GROUP BY customer_id
ORDER BY customer_id
