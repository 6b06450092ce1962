-- How many customers there are, in the list or in what happened, and over how many days things happened.
SELECT
  (SELECT count(*) FROM (SELECT customer_id FROM customers UNION SELECT customer_id FROM events) AS known)
    AS n_customers,
  coalesce(date_diff('day', CAST(min(occurred_at) AS DATE), CAST(max(occurred_at) AS DATE)) + 1, 0) AS n_days
FROM events
