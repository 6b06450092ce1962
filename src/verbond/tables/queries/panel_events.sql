-- What happened in each row of the panel, a row a kind of event. Lines of one order are one purchase.
WITH lines AS (
    SELECT
        w.first_row + period_number(e.occurred_at) - w.first_period AS row_number,
        CAST($kind AS TINYINT) AS kind,
        CASE WHEN e.kind = 'purchase' THEN e.order_id END AS order_id,
        e.amount,
        coalesce(e.discount, e.list_price - e.amount) AS discount,
        coalesce(e.list_price, e.amount + e.discount) AS listed
    FROM events AS e
    JOIN windows AS w ON w.customer_id = e.customer_id
    WHERE period_number(e.occurred_at) BETWEEN w.first_period AND w.last_period
),
orders AS (
    SELECT
        row_number,
        kind,
        order_id,
        count(*) AS n_lines,
        sum(amount) AS amount,
        sum(discount) FILTER (WHERE listed IS NOT NULL) AS discount,
        sum(listed) FILTER (WHERE discount IS NOT NULL) AS listed
    FROM lines
    WHERE kind IS NOT NULL
    GROUP BY row_number, kind, order_id
)
SELECT
    row_number,
    kind,
    CAST(least(sum(CASE WHEN order_id IS NULL THEN n_lines ELSE 1 END), 65535) AS INT) AS n,
    CAST(sum(amount) AS FLOAT) AS amount,
    CAST(sum(discount) AS FLOAT) AS discount,
    CAST(sum(listed) AS FLOAT) AS listed
FROM orders
GROUP BY row_number, kind
