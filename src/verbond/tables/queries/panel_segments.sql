-- Segment codes of each customer in the panel; a column an attribute is added by `reads.panel`.
SELECT w.customer_id
FROM windows AS w
LEFT JOIN customers AS c ON c.customer_id = w.customer_id
GROUP BY w.customer_id
ORDER BY w.customer_id
