-- How often each kind of action reached the customer in each row of the panel.
WITH reached AS (
    SELECT
        w.first_row + period_number(x.occurred_at) - w.first_period AS row_number,
        $kind AS kind
    FROM exposures AS x
    JOIN actions AS a ON a.action_id = x.action_id
    JOIN windows AS w ON w.customer_id = x.customer_id
    WHERE period_number(x.occurred_at) BETWEEN w.first_period AND w.last_period
)
SELECT row_number, CAST(kind AS SMALLINT) AS kind, CAST(least(count(*), 255) AS SMALLINT) AS n
FROM reached
WHERE kind IS NOT NULL
GROUP BY row_number, kind
