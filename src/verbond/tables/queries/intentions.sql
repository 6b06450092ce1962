-- What people said that they would do, and what they did in the days after.
-- One row an intention, answer and state of follow-up; a person counts once an intention: their last answer
-- with full follow-up, else their last answer.
WITH stated AS (
  SELECT
    customer_id,
    CASE WHEN customer_id IS NULL THEN respondent_id END AS stranger,
    $intention AS intention,
    CAST(max(occurred_at) AS DATE) AS answered_on,
    avg($answer) AS answer
  FROM responses
  WHERE $intention IS NOT NULL AND value IS NOT NULL AND coalesce("group", 'customer') = 'customer'
  GROUP BY customer_id, respondent_id, wave, $intention
),
judged AS (
  SELECT
    *,
    CASE
      WHEN customer_id IS NULL THEN 'not_linked'
      WHEN answered_on IS NULL THEN 'undated'
      WHEN date_diff('day', answered_on, $last_day) < $horizon_days THEN 'too_recent'
      ELSE 'followed'
    END AS follow_up
  FROM stated
  WHERE answer IS NOT NULL
),
ranked AS (
  SELECT
    *,
    row_number() OVER (
      PARTITION BY customer_id, stranger, intention
      ORDER BY CASE WHEN follow_up = 'followed' THEN 0 ELSE 1 END, answered_on DESC NULLS LAST, answer
    ) AS place
  FROM judged
),
chosen AS (
  SELECT customer_id, stranger, intention, answered_on, answer, follow_up
  FROM ranked
  WHERE place = 1
),
acts AS (
  SELECT customer_id, kind, CAST(occurred_at AS DATE) AS begun_on, CAST(occurred_at AS DATE) AS done_on
  FROM events
  WHERE kind IN ('referral', 'purchase', 'cancellation')
  UNION ALL
  SELECT r.customer_id, 'brought' AS kind, CAST(r.occurred_at AS DATE) AS begun_on,
    min(CAST(p.occurred_at AS DATE)) AS done_on
  FROM events AS r
  JOIN events AS p ON p.customer_id = r.related_customer_id
  WHERE r.kind = 'referral' AND p.kind = 'purchase'
    AND r.related_customer_id <> r.customer_id
    AND CAST(p.occurred_at AS DATE) >= CAST(r.occurred_at AS DATE)
  GROUP BY r.customer_id, r.related_customer_id, CAST(r.occurred_at AS DATE)
),
dated AS (
  SELECT
    c.customer_id, c.stranger, c.intention, c.answer, c.follow_up, a.kind, a.done_on,
    CASE
      WHEN date_diff('day', c.answered_on, a.begun_on) >= 1
        AND date_diff('day', c.answered_on, a.done_on) <= $horizon_days THEN 1
      ELSE 0
    END AS after_it,
    CASE WHEN date_diff('day', c.answered_on, a.done_on) <= 0 THEN 1 ELSE 0 END AS before_it
  FROM chosen AS c
  LEFT JOIN acts AS a ON a.customer_id = c.customer_id
),
persons AS (
  SELECT
    intention, answer, follow_up,
    max(CASE WHEN kind = 'referral' THEN after_it ELSE 0 END) AS referred,
    max(CASE WHEN kind = 'brought' THEN after_it ELSE 0 END) AS brought_customer,
    max(CASE WHEN kind = 'purchase' THEN after_it ELSE 0 END) AS bought_again,
    max(CASE WHEN kind = 'cancellation' THEN after_it ELSE 0 END) AS left_after,
    CASE
      WHEN max(CASE WHEN kind = 'cancellation' AND before_it = 1 THEN done_on END)
        >= coalesce(max(CASE WHEN kind = 'purchase' AND before_it = 1 THEN done_on END), CAST('0001-01-01' AS DATE))
      THEN 1 ELSE 0
    END AS gone_before
  FROM dated
  GROUP BY customer_id, stranger, intention, answer, follow_up
)
SELECT
  intention,
  answer,
  follow_up,
  count(*) AS n_people,
  count(*) FILTER (WHERE referred = 1) AS n_referred,
  count(*) FILTER (WHERE brought_customer = 1) AS n_brought_customer,
  count(*) FILTER (WHERE bought_again = 1) AS n_bought_again,
  count(*) FILTER (WHERE gone_before = 0) AS n_here,
  count(*) FILTER (WHERE gone_before = 0 AND left_after = 0) AS n_stayed,
  count(*) FILTER (WHERE gone_before = 0 AND referred = 1) AS n_here_referred,
  count(*) FILTER (WHERE gone_before = 0 AND referred = 1 AND left_after = 1) AS n_here_referred_left
FROM persons
GROUP BY intention, answer, follow_up
ORDER BY intention, answer, follow_up
