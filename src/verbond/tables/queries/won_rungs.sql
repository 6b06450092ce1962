-- The rung on which the won stand $horizon_days after their first purchase, by what won them: sums over those who
-- are still there of the mean of their rung, and of its square.
WITH spans AS (
  SELECT period, lead(period) OVER (ORDER BY period) AS next_period
  FROM (SELECT DISTINCT period FROM rungs) AS periods
),
standing AS (
  SELECT
    w.customer_id,
    w.route,
    w.name,
    sum(r.probability) AS there,
    sum(r.probability * r.rung) AS rung,
    sum(r.probability * r.rung * r.rung) AS square
  FROM won AS w
  JOIN rungs AS r ON r.customer_id = w.customer_id
  JOIN spans AS s ON s.period = r.period
  WHERE date_diff('day', w.won_on, $last_day) >= $horizon_days
    AND date_diff('day', w.won_on, CAST(s.period AS DATE)) <= $horizon_days
    AND (s.next_period IS NULL OR date_diff('day', w.won_on, CAST(s.next_period AS DATE)) > $horizon_days)
  GROUP BY w.customer_id, w.route, w.name
)
SELECT
  route,
  name,
  count(*) AS n_people,
  CAST(sum(rung / nullif(there, 0)) AS DOUBLE) AS rung,
  CAST(sum(square / nullif(there, 0)) AS DOUBLE) AS square
FROM standing
WHERE there > 0.5
GROUP BY route, name
ORDER BY route, name
