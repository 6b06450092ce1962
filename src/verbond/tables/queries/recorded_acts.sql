-- Which kinds of events the company records at all, and until when.
SELECT
  kind,
  count(*) AS n_events,
  count(related_customer_id) AS n_related,
  CAST(max(occurred_at) AS DATE) AS last_day
FROM events
GROUP BY kind
ORDER BY kind
