-- How many questionnaires were filled in by customers, and whose: named, and known from what customers did; blank ones apart.
WITH known AS (
  SELECT customer_id FROM customers WHERE customer_id IS NOT NULL
  UNION
  SELECT customer_id FROM events WHERE customer_id IS NOT NULL
),

asked AS (
  SELECT respondent_id, wave, max(customer_id) AS customer_id, count(value) = 0 AS blank
  FROM responses
  WHERE coalesce("group", 'customer') = 'customer'
  GROUP BY respondent_id, wave
),

counted AS (
  SELECT count(*) AS n_customers FROM known
)

SELECT
  max(counted.n_customers) AS n_customers,
  count(CASE WHEN NOT asked.blank THEN asked.respondent_id END) AS n_answered,
  count(CASE WHEN asked.blank THEN asked.respondent_id END) AS n_blank,
  count(CASE WHEN NOT asked.blank THEN asked.customer_id END) AS n_named,
  count(CASE WHEN NOT asked.blank THEN known.customer_id END) AS n_matched
FROM counted
LEFT JOIN asked ON TRUE
LEFT JOIN known ON asked.customer_id = known.customer_id
