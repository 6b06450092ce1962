-- What each customer did of some kinds of events, month by month: days, rows, money, and rows of which it is known
-- whether they were on discount. `past_people` stands for the rows of the query of that name.
WITH done AS (
  SELECT
    customer_id,
    kind,
    period_number(occurred_at) AS done_in,
    CAST(occurred_at AS DATE) AS day,
    amount,
    margin,
    coalesce(discount, list_price - amount) AS off
  FROM events
  WHERE $wanted AND coalesce(amount, 0) >= 0
),
months AS (
  SELECT
    customer_id,
    kind,
    done_in,
    count(DISTINCT day) AS n_days,
    count(*) AS n_rows,
    coalesce(sum(amount), 0) AS amount,
    count(amount) AS n_amounts,
    coalesce(sum(margin), 0) AS margin,
    count(margin) AS n_margins,
    count(off) AS n_listed,
    count(CASE WHEN off > 0 THEN 1 END) AS n_off
  FROM done
  GROUP BY customer_id, kind, done_in
)
SELECT
  p.customer_number,
  $kind_number AS kind_number,
  CAST(m.done_in AS INT) AS done_in,
  m.n_days,
  m.n_rows,
  m.amount,
  m.n_amounts,
  m.margin,
  m.n_margins,
  m.n_listed,
  m.n_off
FROM months AS m
JOIN past_people AS p ON p.customer_id = m.customer_id
ORDER BY customer_number, done_in, kind_number
