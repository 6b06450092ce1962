-- Texts that customers wrote, of a length, in an order by lot that is always the same; and of how many.
WITH said AS (
  SELECT
    trim(text) AS text,
    language,
    coalesce(customer_id, '') AS customer_id,
    md5(message_id) AS lot,
    message_id
  FROM messages
  WHERE speaker = 'customer' AND trim(text) <> ''
),
counted AS (
  SELECT
    count(*) AS n_texts,
    count(DISTINCT CASE WHEN customer_id <> '' THEN customer_id END)
      + sum(CASE WHEN customer_id = '' THEN 1 ELSE 0 END) AS n_people
  FROM said
)
SELECT s.text, s.language, s.customer_id, c.n_texts, c.n_people
FROM said AS s
CROSS JOIN counted AS c
WHERE length(s.text) BETWEEN $shortest AND $longest
ORDER BY s.lot, s.message_id
LIMIT $most
