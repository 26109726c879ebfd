-- Question    Which runs have no answer, and why?
-- Grain       a reason, the most frequent first; all beyond reason_limit are one row
-- Columns     state is refused, failed, or left out: a design's point on a configuration that constraints leave out; run_id and
--             label are those of the first such run; reason is null in the row of all other reasons
-- Units       the last word of each name
-- Parameters  reason_limit
WITH bad AS (
  SELECT
    CASE WHEN run.configuration_index IS NULL THEN 'left out' ELSE status::VARCHAR END AS state, run.reason, run.run_index, run_id,
    configuration_index, label
  FROM run LEFT JOIN configuration USING (configuration_index)
  WHERE status <> 'done'
),
grouped AS (
  SELECT
    state, reason, count(*) AS run_count, count(DISTINCT configuration_index) AS configuration_count,
    arg_min(run_id, run_index) AS run_id, arg_min(label, run_index) AS label, min(run_index) AS first_index
  FROM bad
  GROUP BY state, reason
),
ranked AS (
  SELECT *, row_number() OVER (ORDER BY state, run_count DESC, first_index) AS position FROM grouped
)
SELECT state, reason, run_count, configuration_count, run_id, label
FROM (
  SELECT position, state, reason, run_count, configuration_count, run_id, label FROM ranked
  WHERE position <= $reason_limit::INTEGER
  UNION ALL
  SELECT $reason_limit::INTEGER + 1, 'others', NULL, sum(run_count)::BIGINT, NULL, NULL, NULL FROM ranked
  WHERE position > $reason_limit::INTEGER
  HAVING count(*) > 0
)
ORDER BY position;
