-- Question    What are a configuration's phases made of, with all inputs at their medians?
-- Grain       a step of a phase
-- Columns     together the steps are exactly their phase
-- Units       the last word of each name
-- Parameters  configuration_index
SELECT phase::VARCHAR AS phase, step, step_ns
FROM run_step JOIN median_run USING (run_index)
WHERE configuration_index = $configuration_index::INTEGER
ORDER BY run_step.phase, step_ns DESC, step;
