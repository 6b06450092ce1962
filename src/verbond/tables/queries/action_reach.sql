-- Whom an action reached, or to whom a lot gave it, when first and in which arm: a row a customer.
SELECT customer_id, min(CAST(occurred_at AS DATE)) AS reached_on, max(variant) AS variant
FROM (
  SELECT customer_id, occurred_at, variant, TRUE AS is_dealt FROM assignments WHERE action_id = $action_id
  UNION ALL
  SELECT customer_id, occurred_at, variant, FALSE AS is_dealt FROM exposures WHERE action_id = $action_id
) AS both_ways
WHERE is_dealt = $is_dealt AND customer_id IS NOT NULL AND occurred_at IS NOT NULL
GROUP BY customer_id
ORDER BY customer_id
