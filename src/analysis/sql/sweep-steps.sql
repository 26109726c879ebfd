-- Question    What is the blackout of the configuration that ranks first made of?
-- Grain       a step of the blackout with all inputs at their medians, the longest first; what has no row of its own is one
-- Columns     step_count is how many steps the row stands for
-- Units       the last word of each name
-- Parameters  step_limit
WITH step AS (
  SELECT
    phase::VARCHAR AS phase, step, step_ns, median_run.blackout_ns,
    row_number() OVER (ORDER BY step_ns DESC, phase, step) AS position
  FROM run_step
  JOIN median_run USING (run_index)
  JOIN configuration_answer USING (configuration_index)
  WHERE rank_index = 0 AND phase IN ('freeze', 'serialize', 'kexec', 'restore')
)
SELECT phase, step, step_count, step_ns, step_ns / nullif(blackout_ns, 0)::DOUBLE AS blackout_ratio
FROM (
  SELECT position, phase, step, 1 AS step_count, step_ns, blackout_ns FROM step WHERE position <= $step_limit::INTEGER
  UNION ALL
  SELECT $step_limit::INTEGER + 1, NULL, 'others', count(*), sum(step_ns), any_value(blackout_ns)
  FROM step
  WHERE position > $step_limit::INTEGER
  HAVING count(*) > 0
)
ORDER BY position;
