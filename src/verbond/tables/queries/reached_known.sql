-- How many of the customers whom an action reached, are customers or did anything.
SELECT count(*) AS n
FROM (SELECT DISTINCT customer_id FROM exposures WHERE action_id = $action_id) AS reached
WHERE customer_id IN (SELECT customer_id FROM customers)
   OR customer_id IN (SELECT customer_id FROM events)
