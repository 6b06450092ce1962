-- What the won brought in within $horizon_days of their first purchase, its day included, by what won them. Only
-- who can be followed so long. Sums and sums of squares over customers; discounts without the first day.
WITH followed AS (
  SELECT customer_id, won_on, route, name
  FROM won
  WHERE date_diff('day', won_on, $last_day) >= $horizon_days
),
spent AS (
  SELECT
    f.customer_id,
    f.route,
    f.name,
    sum(coalesce(e.amount, 0)) AS revenue,
    count(e.amount) AS n_amounts,
    sum(coalesce(e.margin, 0)) AS margin,
    count(e.margin) AS n_margins,
    count(*) AS n_rows,
    max(CASE WHEN CAST(e.occurred_at AS DATE) > f.won_on THEN 1 ELSE 0 END) AS again,
    CAST(count(CASE
      WHEN CAST(e.occurred_at AS DATE) > f.won_on THEN coalesce(e.discount, e.list_price - e.amount)
    END) AS DOUBLE) AS n,
    CAST(count(CASE
      WHEN CAST(e.occurred_at AS DATE) > f.won_on AND coalesce(e.discount, e.list_price - e.amount) > 0 THEN 1
    END) AS DOUBLE) AS k,
    min(e.currency) AS first_currency,
    max(e.currency) AS last_currency
  FROM followed AS f
  JOIN events AS e ON e.customer_id = f.customer_id
  WHERE e.kind = 'purchase' AND coalesce(e.amount, 0) >= 0
    AND date_diff('day', f.won_on, CAST(e.occurred_at AS DATE)) BETWEEN 0 AND $horizon_days - 1
  GROUP BY f.customer_id, f.route, f.name
)
SELECT
  route,
  name,
  count(*) AS n_people,
  sum(again) AS n_again,
  sum(n_rows) AS n_rows,
  sum(n_amounts) AS n_amounts,
  sum(n_margins) AS n_margins,
  CAST(sum(revenue) AS DOUBLE) AS revenue,
  CAST(sum(revenue * revenue) AS DOUBLE) AS revenue_squares,
  CAST(sum(margin) AS DOUBLE) AS margin,
  CAST(sum(margin * margin) AS DOUBLE) AS margin_squares,
  sum(CASE WHEN n > 0 THEN 1 ELSE 0 END) AS n_buyers,
  sum(n) AS n,
  sum(k) AS k,
  sum(n * n) AS nn,
  sum(n * k) AS nk,
  sum(k * k) AS kk,
  min(first_currency) AS first_currency,
  max(last_currency) AS last_currency
FROM spent
GROUP BY route, name
ORDER BY route, name
