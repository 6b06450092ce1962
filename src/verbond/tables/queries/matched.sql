-- How many questionnaires were filled in by customers, and whose: named, and known from what customers did.
WITH known AS (
  SELECT customer_id FROM customers WHERE customer_id IS NOT NULL
  UNION
  SELECT customer_id FROM events WHERE customer_id IS NOT NULL
),

asked AS (
  SELECT respondent_id, wave, max(customer_id) AS customer_id
  FROM responses
  WHERE coalesce("group", 'customer') = 'customer'
  GROUP BY respondent_id, wave
),

counted AS (
  SELECT count(*) AS n_customers FROM known
)

SELECT
  max(counted.n_customers) AS n_customers,
  count(asked.respondent_id) AS n_answered,
  count(asked.customer_id) AS n_named,
  count(known.customer_id) AS n_matched
FROM counted
LEFT JOIN asked ON TRUE
LEFT JOIN known ON asked.customer_id = known.customer_id
