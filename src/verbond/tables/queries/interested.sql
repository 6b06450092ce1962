-- What each customer did that shows interest, and whether she may be approached.
SELECT
  known.customer_id,
  asked.consent,
  coalesce(acts.n_contributions, 0) AS n_contributions,
  coalesce(acts.n_referrals, 0) AS n_referrals,
  coalesce(answered.n_answered, 0) AS n_answered
FROM (SELECT customer_id FROM customers UNION SELECT customer_id FROM events) AS known
LEFT JOIN (
  SELECT customer_id, max(CASE WHEN consent THEN 1 WHEN NOT consent THEN 0 END) AS consent
  FROM customers
  GROUP BY customer_id
) AS asked ON asked.customer_id = known.customer_id
LEFT JOIN (
  SELECT
    customer_id,
    sum(CASE WHEN kind = 'contribution' THEN 1 ELSE 0 END) AS n_contributions,
    sum(CASE WHEN kind = 'referral' THEN 1 ELSE 0 END) AS n_referrals
  FROM events
  WHERE kind IN ('contribution', 'referral')
  GROUP BY customer_id
) AS acts ON acts.customer_id = known.customer_id
LEFT JOIN (
  SELECT customer_id, count(*) AS n_answered
  FROM (
    SELECT customer_id, respondent_id, wave
    FROM responses
    WHERE coalesce("group", 'customer') = 'customer' AND value IS NOT NULL
    GROUP BY customer_id, respondent_id, wave
  ) AS questionnaires
  GROUP BY customer_id
) AS answered ON answered.customer_id = known.customer_id
ORDER BY known.customer_id
