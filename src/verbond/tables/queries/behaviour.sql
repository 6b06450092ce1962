-- What customers did over the whole period, a row a kind of event.
SELECT
  kind,
  count(*) AS n_events,
  count(DISTINCT customer_id) AS n_customers,
  sum(amount) AS amount,
  count(coalesce(discount, list_price - amount)) AS n_discount_known,
  count(*) FILTER (WHERE coalesce(discount, list_price - amount) > 0) AS n_discounted
FROM events
GROUP BY kind
ORDER BY kind
