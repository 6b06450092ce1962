-- What customers scored on one construct in each wave, and the day on which an action first reached them. Who answered
-- twice in a wave counts with the mean. Answers without a wave stand in the month in which they were given.
WITH reached AS (
  SELECT x.customer_id, min(CAST(x.occurred_at AS DATE)) AS reached_on
  FROM exposures AS x
  LEFT JOIN actions AS a ON a.action_id = x.action_id
  WHERE x.action_id = $action OR a.kind = $action
  GROUP BY x.customer_id
),
answered AS (
  SELECT
    customer_id,
    coalesce(wave, CAST(period_number(occurred_at) AS VARCHAR)) AS wave,
    CAST(occurred_at AS DATE) AS day,
    score,
    standard_error
  FROM scores
  WHERE customer_id IS NOT NULL AND occurred_at IS NOT NULL AND construct = $measured
)
SELECT
  a.customer_id,
  a.wave,
  min(a.day) AS day,
  avg(a.score) AS score,
  sum(a.standard_error * a.standard_error) AS squares,
  count(*) AS n_answers,
  min(r.reached_on) AS reached_on
FROM answered AS a
LEFT JOIN reached AS r ON r.customer_id = a.customer_id
GROUP BY a.customer_id, a.wave
ORDER BY a.customer_id, a.wave
