-- What was said, at most so many messages a speaker, by a lot that is always the same. What the company says
-- in the same words in one month is one message, however many got it; what people write counts each time.
WITH told AS (
  SELECT
    message_id,
    coalesce(speaker, '') AS speaker,
    coalesce(department, '') AS department,
    coalesce(channel, '') AS channel,
    coalesce(action_id, '') AS action_id,
    coalesce(customer_id, '') AS customer_id,
    coalesce(language, '') AS language,
    trim(text) AS text,
    coalesce(trim(image), '') AS image,
    CAST(occurred_at AS DATE) AS day
  FROM messages
  WHERE trim(text) <> ''
),
once AS (
  SELECT
    min(message_id) AS message_id,
    speaker,
    department,
    channel,
    action_id,
    max(CASE WHEN speaker <> 'company' THEN customer_id ELSE '' END) AS customer_id,
    language,
    text,
    max(image) AS image,
    min(day) AS day,
    count(DISTINCT CASE WHEN customer_id <> '' THEN customer_id END) AS n_customers
  FROM told
  GROUP BY
    speaker, department, channel, action_id, language, text,
    year(day) * 12 + month(day),
    CASE WHEN speaker = 'company' THEN '' ELSE message_id END
),
ordered AS (
  SELECT
    o.*,
    row_number() OVER (PARTITION BY speaker ORDER BY md5(message_id), message_id) AS place,
    count(*) OVER (PARTITION BY speaker) AS n_said
  FROM once AS o
)
SELECT
  message_id, speaker, department, channel, action_id, customer_id, language, text, image, day, n_customers, n_said
FROM ordered
WHERE place <= $most
ORDER BY speaker, place
