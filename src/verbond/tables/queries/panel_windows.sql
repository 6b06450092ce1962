-- One row a customer whose window reaches into the panel: its first and last period, and the number of its
-- first row when all windows are laid end to end in the order of customer_id.
WITH activity AS (
    SELECT
        customer_id,
        min(period_number(occurred_at)) AS first_period,
        max(occurred_at) FILTER (WHERE kind = 'purchase') AS last_purchase_at
    FROM events
    WHERE customer_id IS NOT NULL
    GROUP BY customer_id
),
closings AS (
    SELECT e.customer_id, min(period_number(e.occurred_at)) AS closing_period
    FROM events AS e
    JOIN activity AS a ON a.customer_id = e.customer_id
    WHERE e.kind = 'cancellation' AND e.occurred_at >= coalesce(a.last_purchase_at, e.occurred_at)
    GROUP BY e.customer_id
),
known AS (
    SELECT customer_id, min(period_number(since)) AS since_period
    FROM customers
    WHERE customer_id IS NOT NULL
    GROUP BY customer_id
),
people AS (
    SELECT
        coalesce(k.customer_id, a.customer_id) AS customer_id,
        k.since_period,
        a.first_period,
        least(coalesce(k.since_period, a.first_period, $first), coalesce(a.first_period, k.since_period, $first)) AS start_period
    FROM known AS k
    FULL JOIN activity AS a ON a.customer_id = k.customer_id
),
windows AS (
    SELECT
        p.customer_id,
        greatest(p.start_period, $first) AS first_period,
        least(coalesce(c.closing_period, $last), $last) AS last_period,
        coalesce(p.since_period >= $first, p.first_period > $first, FALSE) AS is_new,
        coalesce(c.closing_period <= $last, FALSE) AS ended,
        coalesce(p.since_period IS NULL AND p.first_period >= $first, FALSE) AS starts_with_event
    FROM people AS p
    LEFT JOIN closings AS c ON c.customer_id = p.customer_id
)
SELECT
    customer_id,
    CAST(first_period AS INT) AS first_period,
    CAST(last_period AS INT) AS last_period,
    is_new,
    ended,
    starts_with_event,
    CAST(sum(last_period - first_period + 1) OVER (ORDER BY customer_id) AS BIGINT)
    - (last_period - first_period + 1) AS first_row
FROM windows
WHERE first_period <= last_period
