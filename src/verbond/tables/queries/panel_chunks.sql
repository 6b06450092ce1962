-- The windows of the panel with the chunk that each customer belongs to: a hash of customer_id, so that it
-- depends on nothing else. Rows are numbered within chunks, from chunk * 2^32 on, in the order of customer_id.
WITH hashed AS (
    SELECT *, md5(customer_id) AS digits FROM windows
),
lots AS (
    SELECT
        *,
        (strpos('0123456789abcdef', substring(digits, 1, 1)) - 1) * 1048576
        + (strpos('0123456789abcdef', substring(digits, 2, 1)) - 1) * 65536
        + (strpos('0123456789abcdef', substring(digits, 3, 1)) - 1) * 4096
        + (strpos('0123456789abcdef', substring(digits, 4, 1)) - 1) * 256
        + (strpos('0123456789abcdef', substring(digits, 5, 1)) - 1) * 16
        + (strpos('0123456789abcdef', substring(digits, 6, 1)) - 1) AS lot
    FROM hashed
)
SELECT
    customer_id,
    first_period,
    last_period,
    is_new,
    ended,
    starts_with_event,
    CAST(lot % $n_chunks AS INT) AS chunk,
    CAST(lot % $n_chunks AS BIGINT) * 4294967296
    + CAST(sum(last_period - first_period + 1) OVER (PARTITION BY lot % $n_chunks ORDER BY customer_id) AS BIGINT)
    - (last_period - first_period + 1) AS first_row
FROM lots
