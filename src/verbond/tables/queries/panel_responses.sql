-- Rows of the panel in which the customer was asked something: 1 if anything was answered, else 0.
SELECT
    w.first_row + least(period_number(r.occurred_at), $last) - w.first_period AS row_number,
    CAST(max(CASE WHEN r.value IS NULL THEN 0 ELSE 1 END) AS TINYINT) AS answered
FROM responses AS r
JOIN windows AS w ON w.customer_id = r.customer_id
WHERE r.occurred_at < $until
    AND least(period_number(r.occurred_at), $last) BETWEEN w.first_period AND w.last_period
    AND coalesce(r."group", 'customer') = 'customer'
GROUP BY w.first_row + least(period_number(r.occurred_at), $last) - w.first_period
