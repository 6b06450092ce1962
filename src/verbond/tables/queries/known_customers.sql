-- How many customers there are, in the list or in what happened.
SELECT count(*) AS n_customers
FROM (SELECT customer_id FROM customers UNION SELECT customer_id FROM events) AS known
