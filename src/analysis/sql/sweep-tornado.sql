-- Question    Which uncertain input should be measured better?
-- Grain       an input, the one that moves the blackout of the plan's scenario most first; all beyond input_limit are one row
-- Columns     low_ns and high_ns are the blackout with the input at that end and all others at their medians; low, base and
--             high are the input's own values, in what unit says; of the row of all others (input_name is null) low_ns and
--             high_ns are the shortest and the longest that any one of them makes; unknown_count is how many inputs have
--             no effect because a run was refused or failed
-- Units       the last word of each name
-- Parameters  input_limit
WITH effect AS (
  SELECT
    tornado.name, tornado.base_ns, tornado.low_ns, tornado.high_ns, low, base, high, unit::VARCHAR AS unit, per, assumed,
    greatest(low_ns, high_ns, base_ns) - least(low_ns, high_ns, base_ns) AS swing_ns
  FROM tornado LEFT JOIN input USING (name)
  WHERE low_ns IS NOT NULL AND high_ns IS NOT NULL AND base_ns IS NOT NULL
),
ranked AS (
  SELECT *, row_number() OVER (ORDER BY swing_ns DESC, name) AS position FROM effect
),
line AS (
  SELECT
    position, name AS input_name, 1 AS input_count, coalesce(assumed, false)::INTEGER AS assumed_count, base_ns, low_ns, high_ns,
    low, base, high, unit, per
  FROM ranked
  WHERE position <= $input_limit::INTEGER
  UNION ALL
  SELECT
    $input_limit::INTEGER + 1, NULL, count(*), count(*) FILTER (assumed), any_value(base_ns), min(least(low_ns, high_ns, base_ns)),
    max(greatest(low_ns, high_ns, base_ns)), NULL, NULL, NULL, NULL, NULL
  FROM ranked
  WHERE position > $input_limit::INTEGER
  HAVING count(*) > 0
)
SELECT
  position - 1 AS row_index, input_name, input_count, assumed_count, base_ns::BIGINT AS base_ns, low_ns::BIGINT AS low_ns,
  high_ns::BIGINT AS high_ns, low, base, high, unit, per,
  (SELECT count(*) FROM tornado) - (SELECT count(*) FROM effect) AS unknown_count
FROM line
ORDER BY row_index;
