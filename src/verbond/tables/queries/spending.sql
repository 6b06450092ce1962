-- What each customer bought in each of two periods. Rows of one order are one purchase; rows without an order,
-- those of one day. A row without a list price counts as bought without discount.
WITH bought AS (
  SELECT
    customer_id,
    CASE WHEN occurred_at < $first_until THEN 0 ELSE 1 END AS later,
    order_id,
    CASE WHEN order_id IS NULL THEN CAST(occurred_at AS DATE) END AS bought_on,
    amount,
    CASE WHEN quantity > 0 THEN quantity END AS quantity,
    coalesce(list_price, amount + discount) AS listed,
    currency
  FROM events
  WHERE kind = 'purchase' AND (
    (occurred_at >= $first_from AND occurred_at < $first_until)
    OR (occurred_at >= $second_from AND occurred_at < $second_until)
  )
)
SELECT
  customer_id,
  later,
  count(DISTINCT CASE WHEN amount >= 0 THEN order_id END)
    + count(DISTINCT CASE WHEN amount >= 0 THEN bought_on END) AS n_orders,
  count(*) FILTER (WHERE amount >= 0) AS n_rows,
  count(quantity) FILTER (WHERE amount >= 0) AS n_counted,
  coalesce(sum(CASE WHEN amount >= 0 THEN coalesce(quantity, 1) END), 0) AS n_items,
  coalesce(sum(CASE WHEN amount >= 0 AND quantity > $large THEN quantity END), 0) AS n_items_in_large,
  coalesce(sum(CASE WHEN amount >= 0 THEN amount END), 0) AS revenue,
  coalesce(sum(CASE WHEN amount >= 0 THEN greatest(coalesce(listed, amount), amount) END), 0) AS list_value,
  coalesce(sum(CASE WHEN amount >= 0 AND listed IS NOT NULL THEN amount END), 0) AS revenue_listed,
  coalesce(sum(CASE WHEN amount < 0 THEN amount END), 0) AS refunded,
  count(*) FILTER (WHERE amount IS NULL) AS n_without_amount,
  min(currency) AS first_currency,
  max(currency) AS last_currency
FROM bought
GROUP BY customer_id, later
ORDER BY customer_id, later
