-- What customers answered: scores of experience and trust and the relationship type with the highest score, each
-- day beside when an action, or a kind of action, first reached that customer.
WITH reached AS (
  SELECT x.customer_id, CAST(min(x.occurred_at) AS DATE) AS reached_on
  FROM exposures AS x
  JOIN actions AS a ON a.action_id = x.action_id
  WHERE a.action_id = $action OR a.kind = $action
  GROUP BY x.customer_id
),
answered AS (
  SELECT
    customer_id,
    CAST(occurred_at AS DATE) AS answered_on,
    max(coalesce(wave, CAST(12 * year(occurred_at) + month(occurred_at) AS VARCHAR))) AS wave,
    avg(CASE WHEN construct = 'experience' THEN score END) AS experience,
    avg(CASE WHEN construct = 'trust' THEN score END) AS trust
  FROM scores
  WHERE customer_id IS NOT NULL AND occurred_at IS NOT NULL
  GROUP BY customer_id, CAST(occurred_at AS DATE)
),
types AS (
  SELECT
    customer_id,
    CAST(occurred_at AS DATE) AS answered_on,
    construct,
    row_number() OVER (
      PARTITION BY customer_id, CAST(occurred_at AS DATE) ORDER BY score DESC, construct
    ) AS place
  FROM scores
  WHERE customer_id IS NOT NULL AND construct IN ('market', 'authority', 'meaning', 'equality')
)
SELECT
  a.customer_id,
  a.wave,
  a.experience,
  a.trust,
  t.construct AS type,
  CASE WHEN r.reached_on IS NULL THEN 0 ELSE 1 END AS ever,
  CASE WHEN r.reached_on < a.answered_on THEN 1 ELSE 0 END AS reached
FROM answered AS a
LEFT JOIN types AS t ON t.customer_id = a.customer_id AND t.answered_on = a.answered_on AND t.place = 1
LEFT JOIN reached AS r ON r.customer_id = a.customer_id
ORDER BY a.customer_id, a.answered_on
