-- The most probable rung of each customer in the last period that began before a day.
WITH known AS (
  SELECT
    customer_id,
    rung,
    row_number() OVER (
      PARTITION BY customer_id ORDER BY period DESC, probability DESC, rung
    ) AS place
  FROM rungs
  WHERE period < $until
)
SELECT customer_id, CAST(rung AS VARCHAR) AS label
FROM known
WHERE place = 1
ORDER BY customer_id
