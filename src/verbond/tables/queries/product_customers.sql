-- How the purchases of each customer lean towards the weeks in which a product was cheap, beside everybody's:
-- of each row, the log of that week's price of its product less the product's mean over all rows, and the
-- product's variance, added up; and squares and products of what each day adds. Products as in product_weeks.
WITH bought AS (
  SELECT
    customer_id,
    CAST(occurred_at AS DATE) AS bought_on,
    date_diff('day', $first_day, CAST(occurred_at AS DATE)) // 7 AS week,
    product,
    coalesce(quantity, 1) AS quantity,
    amount,
    CASE
      WHEN $by_discount = 0 THEN coalesce(quantity, 1)
      WHEN coalesce(list_price, amount + discount) IS NOT NULL
        THEN greatest(coalesce(list_price, amount + discount), amount)
    END AS base
  FROM events
  WHERE kind = 'purchase' AND coalesce(amount, 0) >= 0
),
firsts AS (
  SELECT customer_id, min(bought_on) AS first_day
  FROM bought
  GROUP BY customer_id
),
sold AS (
  SELECT product, week, max(quantity) AS largest
  FROM bought
  WHERE product IS NOT NULL AND amount > 0 AND quantity > 0
  GROUP BY product, week
),
kept AS (
  SELECT product
  FROM sold
  GROUP BY product
  HAVING count(*) >= $least_weeks
    AND count(*) >= $nearly * (max(week) - min(week) + 1)
    AND max(largest) <= $most_in_row
),
priced AS (
  SELECT
    b.product,
    b.week,
    ln(sum(b.amount) / nullif(sum(b.base), 0)) AS price,
    count(*) AS n
  FROM bought AS b
  JOIN kept AS k ON k.product = b.product
  WHERE b.amount IS NOT NULL AND b.quantity > 0 AND b.base IS NOT NULL
  GROUP BY b.product, b.week
  HAVING sum(b.amount) > 0 AND sum(b.base) > 0
),
means AS (
  SELECT product, sum(n * price) / nullif(sum(n), 0) AS mean
  FROM priced
  GROUP BY product
),
spreads AS (
  SELECT p.product, max(m.mean) AS mean, sum(p.n * (p.price - m.mean) * (p.price - m.mean)) / nullif(sum(p.n), 0) AS variance
  FROM priced AS p
  JOIN means AS m ON m.product = p.product
  GROUP BY p.product
),
days AS (
  SELECT
    b.customer_id,
    b.bought_on,
    CAST(count(*) AS DOUBLE) AS n_rows,
    sum(p.price - s.mean) AS lean,
    sum(s.variance) AS information
  FROM bought AS b
  JOIN priced AS p ON p.product = b.product AND p.week = b.week
  JOIN spreads AS s ON s.product = b.product
  WHERE b.amount IS NOT NULL AND b.quantity > 0 AND b.base IS NOT NULL
  GROUP BY b.customer_id, b.bought_on
)
SELECT
  d.customer_id,
  CASE
    WHEN f.first_day >= $known_from AND date_diff('day', f.first_day, d.bought_on) < $new_days THEN 0
    ELSE 1
  END AS established,
  sum(d.n_rows) AS n_rows,
  sum(d.lean) AS lean,
  sum(d.information) AS information,
  sum(d.lean * d.lean) AS lean_squares,
  sum(d.lean * d.information) AS lean_information,
  sum(d.information * d.information) AS information_squares
FROM days AS d
JOIN firsts AS f ON f.customer_id = d.customer_id
GROUP BY d.customer_id, established
ORDER BY d.customer_id, established
