-- The department of each employee who answered, and how many departments somebody named.
SELECT
  respondent_id,
  max(department) AS department,
  count(DISTINCT department) AS n_departments
FROM responses
WHERE "group" = 'employee'
GROUP BY respondent_id
ORDER BY respondent_id
