-- Survey scores in each row of the panel; several in one period are averaged, their errors combined. Those
-- from shortly after the last period count in it.
WITH measured AS (
    SELECT
        w.first_row + least(period_number(s.occurred_at), $last) - w.first_period AS row_number,
        $construct AS construct,
        s.score,
        s.standard_error
    FROM scores AS s
    JOIN windows AS w ON w.customer_id = s.customer_id
    WHERE s.occurred_at < $until
        AND least(period_number(s.occurred_at), $last) BETWEEN w.first_period AND w.last_period
)
SELECT
    row_number,
    CAST(construct AS TINYINT) AS construct,
    CAST(avg(score) AS FLOAT) AS score,
    CAST(sqrt(sum(standard_error * standard_error)) / nullif(count(standard_error), 0) AS FLOAT) AS standard_error
FROM measured
WHERE construct IS NOT NULL AND score IS NOT NULL
GROUP BY row_number, construct
