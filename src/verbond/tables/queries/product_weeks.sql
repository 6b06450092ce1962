-- What was sold of each product, week by week, to new and to established customers: of products sold in nearly
-- every week between their first and last, so that a week without a price is rare.
WITH bought AS (
  SELECT
    customer_id,
    CAST(occurred_at AS DATE) AS bought_on,
    date_diff('day', $first_day, CAST(occurred_at AS DATE)) // 7 AS week,
    product,
    coalesce(quantity, 1) AS quantity,
    amount,
    CASE
      WHEN coalesce(list_price, amount + discount) IS NOT NULL
        THEN greatest(coalesce(list_price, amount + discount), amount)
    END AS listed
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
)
SELECT
  b.product,
  b.week,
  CASE
    WHEN f.first_day >= $known_from AND date_diff('day', f.first_day, b.bought_on) < $new_days THEN 0
    ELSE 1
  END AS established,
  sum(b.quantity) AS units,
  sum(b.amount) AS paid,
  count(*) AS n_rows,
  count(b.listed) AS n_listed,
  sum(CASE WHEN b.listed IS NOT NULL THEN b.quantity ELSE 0 END) AS units_listed,
  sum(CASE WHEN b.listed IS NOT NULL THEN b.amount ELSE 0 END) AS paid_listed,
  coalesce(sum(b.listed), 0) AS listed
FROM bought AS b
JOIN firsts AS f ON f.customer_id = b.customer_id
JOIN kept AS k ON k.product = b.product
WHERE b.amount IS NOT NULL AND b.quantity > 0
GROUP BY b.product, b.week, established
ORDER BY b.product, b.week, established
