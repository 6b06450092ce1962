-- What customers did over the whole period, a row a kind of event.
SELECT
  kind,
  count(*) AS n_events,
  count(DISTINCT customer_id) AS n_customers,
  sum(amount) AS amount,
  count(discount) AS n_discount_known,
  count(*) FILTER (WHERE discount > 0) AS n_discounted
FROM events
GROUP BY kind
ORDER BY kind
