-- Question    What is doubtful about this comparison?
-- Grain       one doubt
-- Columns     hidden_count is how many are left out
-- Units       none
-- Parameters  warning_limit
SELECT detail, greatest(count(*) OVER () - $warning_limit::INTEGER, 0) AS hidden_count
FROM warning
ORDER BY rowid
LIMIT $warning_limit::INTEGER;
