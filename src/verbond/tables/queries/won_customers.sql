-- Customers won in the time of the data: the day of their first purchase, and what went before it. A customer whom
-- another named was brought by her; else the last action to win or discount that reached her in the days before;
-- else a first purchase on discount; else nothing that is known. With a label, the label alone.
-- Since when a customer is there is asked for from $first_day on; where it is not known, nobody who bought before
-- $known_from can be called new.
WITH bought AS (
  SELECT customer_id, CAST(occurred_at AS DATE) AS bought_on, coalesce(discount, list_price - amount) AS off
  FROM events
  WHERE kind = 'purchase' AND coalesce(amount, 0) >= 0
),
firsts AS (
  SELECT customer_id, min(bought_on) AS won_on
  FROM bought
  GROUP BY customer_id
),
listed AS (
  SELECT customer_id, CAST(min(since) AS DATE) AS since, min($label) AS label
  FROM customers
  GROUP BY customer_id
),
new AS (
  SELECT f.customer_id, f.won_on, l.label
  FROM firsts AS f
  LEFT JOIN listed AS l ON l.customer_id = f.customer_id
  WHERE CASE WHEN l.since <= f.won_on THEN l.since >= $first_day ELSE f.won_on >= $known_from END
),
on_discount AS (
  SELECT DISTINCT b.customer_id
  FROM bought AS b
  JOIN new AS n ON n.customer_id = b.customer_id AND n.won_on = b.bought_on
  WHERE b.off > 0
),
brought AS (
  SELECT DISTINCT n.customer_id
  FROM new AS n
  JOIN events AS e ON e.related_customer_id = n.customer_id
  WHERE e.kind = 'referral' AND e.customer_id <> n.customer_id
    AND date_diff('day', n.won_on, CAST(e.occurred_at AS DATE)) <= $days
),
reached AS (
  SELECT
    n.customer_id,
    a.action_id,
    row_number() OVER (
      PARTITION BY n.customer_id
      ORDER BY CAST(x.occurred_at AS DATE) DESC, CASE WHEN a.aim = 'win' THEN 0 ELSE 1 END, a.action_id
    ) AS place
  FROM new AS n
  JOIN exposures AS x ON x.customer_id = n.customer_id
  JOIN actions AS a ON a.action_id = x.action_id
  WHERE (a.aim = 'win' OR a.kind = 'discount')
    AND date_diff('day', CAST(x.occurred_at AS DATE), n.won_on) BETWEEN 0 AND $days
)
SELECT
  n.customer_id,
  n.won_on,
  CASE
    WHEN n.label IS NOT NULL THEN 'label'
    WHEN $labelled THEN 'none'
    WHEN b.customer_id IS NOT NULL THEN 'referral'
    WHEN r.customer_id IS NOT NULL THEN 'action'
    WHEN d.customer_id IS NOT NULL THEN 'discount'
    ELSE 'none'
  END AS route,
  CASE
    WHEN n.label IS NOT NULL THEN n.label
    WHEN $labelled THEN NULL
    WHEN b.customer_id IS NULL THEN r.action_id
  END AS name,
  CASE WHEN b.customer_id IS NOT NULL AND r.customer_id IS NOT NULL THEN 1 ELSE 0 END AS both_ways
FROM new AS n
LEFT JOIN brought AS b ON b.customer_id = n.customer_id
LEFT JOIN reached AS r ON r.customer_id = n.customer_id AND r.place = 1
LEFT JOIN on_discount AS d ON d.customer_id = n.customer_id
