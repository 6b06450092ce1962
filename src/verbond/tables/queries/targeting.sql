-- One row a customer: when an action first reached her, what was known of her before a day, and what she did in three
-- spans of days after it. A span without days has nothing in it.
WITH chosen AS (
  SELECT action_id
  FROM actions
  WHERE action_id = $action OR kind = $action
),
reached AS (
  SELECT x.customer_id, min(CAST(x.occurred_at AS DATE)) AS reached_on
  FROM exposures AS x
  JOIN chosen AS c ON c.action_id = x.action_id
  GROUP BY x.customer_id
),
beside AS (
  SELECT x.customer_id, count(*) AS n_actions
  FROM exposures AS x
  LEFT JOIN chosen AS c ON c.action_id = x.action_id
  WHERE c.action_id IS NULL AND x.occurred_at < $day
  GROUP BY x.customer_id
),
days AS (
  SELECT
    customer_id,
    date_diff('day', $day, CAST(occurred_at AS DATE)) AS since_day,
    max(CASE WHEN kind = 'purchase' AND coalesce(amount, 0) >= 0 THEN 1 ELSE 0 END) AS bought,
    count(*) FILTER (WHERE kind = 'purchase' AND amount >= 0) AS n_amounts,
    coalesce(sum(CAST(amount AS DECIMAL(18, 4))) FILTER (WHERE kind = 'purchase' AND amount >= 0), 0) AS spent,
    count(*) FILTER (WHERE kind = 'purchase' AND coalesce(discount, list_price - amount) IS NOT NULL) AS n_known,
    count(*) FILTER (WHERE kind = 'purchase' AND coalesce(discount, list_price - amount) > 0) AS n_discounted,
    count(*) FILTER (WHERE kind = 'complaint') AS n_complaints,
    count(*) FILTER (WHERE kind = 'contact') AS n_contacts,
    count(*) FILTER (WHERE kind = $event_kind) AS n_wanted,
    count(*) FILTER (WHERE kind = 'cancellation') AS n_cancellations,
    min(currency) FILTER (WHERE kind = 'purchase') AS first_currency,
    max(currency) FILTER (WHERE kind = 'purchase') AS last_currency
  FROM events
  WHERE customer_id IS NOT NULL
  GROUP BY customer_id, since_day
),
measured AS (
  SELECT
    *,
    CAST(CASE
      WHEN $outcome = 'revenue' THEN spent
      WHEN $outcome = 'purchases' THEN bought
      ELSE n_wanted
    END AS DOUBLE) AS measured
  FROM days
),
known AS (
  SELECT
    customer_id,
    min(since_day) AS first_day,
    max(CASE WHEN since_day < 0 AND bought = 1 THEN since_day END) AS last_bought,
    max(CASE WHEN since_day < 0 AND n_cancellations > 0 THEN since_day END) AS cancelled,
    sum(CASE WHEN since_day BETWEEN -$near AND -1 THEN bought ELSE 0 END) AS days_near,
    sum(CASE WHEN since_day BETWEEN -$middle AND -$near - 1 THEN bought ELSE 0 END) AS days_middle,
    sum(CASE WHEN since_day BETWEEN -$far AND -$middle - 1 THEN bought ELSE 0 END) AS days_far,
    CAST(sum(CASE WHEN since_day BETWEEN -$near AND -1 THEN spent ELSE 0 END) AS DOUBLE) AS money_near,
    CAST(sum(CASE WHEN since_day BETWEEN -$middle AND -$near - 1 THEN spent ELSE 0 END) AS DOUBLE) AS money_middle,
    CAST(sum(CASE WHEN since_day BETWEEN -$far AND -$middle - 1 THEN spent ELSE 0 END) AS DOUBLE) AS money_far,
    sum(CASE WHEN since_day BETWEEN -$near AND -1 THEN measured ELSE 0 END) AS measured_near,
    sum(CASE WHEN since_day BETWEEN -$middle AND -$near - 1 THEN measured ELSE 0 END) AS measured_middle,
    sum(CASE WHEN since_day BETWEEN -$far AND -$middle - 1 THEN measured ELSE 0 END) AS measured_far,
    sum(CASE WHEN since_day BETWEEN -$far AND -1 THEN n_known ELSE 0 END) AS n_known,
    sum(CASE WHEN since_day BETWEEN -$far AND -1 THEN n_discounted ELSE 0 END) AS n_discounted,
    sum(CASE WHEN since_day BETWEEN -$far AND -1 THEN n_complaints ELSE 0 END) AS n_complaints,
    sum(CASE WHEN since_day BETWEEN -$far AND -1 THEN n_contacts ELSE 0 END) AS n_contacts,
    sum(n_amounts) AS n_amounts,
    sum(CASE WHEN since_day BETWEEN $one_from AND $one_until THEN measured ELSE 0 END) AS first_span,
    sum(CASE WHEN since_day BETWEEN $two_from AND $two_until THEN measured ELSE 0 END) AS second_span,
    min(first_currency) AS first_currency,
    max(last_currency) AS last_currency
  FROM measured
  GROUP BY customer_id
),
listed AS (
  SELECT customer_id, min(CAST(since AS DATE)) AS since
  FROM customers
  WHERE customer_id IS NOT NULL
  GROUP BY customer_id
),
stood AS (
  SELECT customer_id, period, sum(rung * probability) / nullif(sum(probability), 0) AS rung
  FROM rungs
  WHERE period < (SELECT max(period) FROM rungs WHERE period <= $day)
  GROUP BY customer_id, period
),
lately AS (
  SELECT customer_id, rung, row_number() OVER (PARTITION BY customer_id ORDER BY period DESC) AS place
  FROM stood
)
SELECT
  coalesce(l.customer_id, k.customer_id) AS customer_id,
  CAST(r.reached_on AS DATE) AS reached_on,
  date_diff('day', l.since, $day) AS days_since,
  k.first_day,
  k.last_bought,
  k.cancelled,
  k.days_near,
  k.days_middle,
  k.days_far,
  k.money_near,
  k.money_middle,
  k.money_far,
  k.measured_near,
  k.measured_middle,
  k.measured_far,
  k.n_known,
  k.n_discounted,
  k.n_complaints,
  k.n_contacts,
  b.n_actions,
  s.rung,
  k.first_span,
  k.second_span,
  k.n_amounts,
  k.first_currency,
  k.last_currency
FROM listed AS l
FULL JOIN known AS k ON k.customer_id = l.customer_id
LEFT JOIN reached AS r ON r.customer_id = coalesce(l.customer_id, k.customer_id)
LEFT JOIN beside AS b ON b.customer_id = coalesce(l.customer_id, k.customer_id)
LEFT JOIN lately AS s ON s.customer_id = coalesce(l.customer_id, k.customer_id) AND s.place = 1
ORDER BY customer_id
