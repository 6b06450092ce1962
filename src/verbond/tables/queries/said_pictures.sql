-- How many messages have a picture, and how many have nothing else.
SELECT
  count(*) AS n_images,
  sum(CASE WHEN coalesce(trim(text), '') = '' THEN 1 ELSE 0 END) AS n_without_words
FROM messages
WHERE trim(image) <> ''
