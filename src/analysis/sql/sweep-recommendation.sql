-- Question    Which configuration is to be chosen, and why?
-- Grain       the configuration that ranks first; none without configurations
-- Columns     is_feasible says whether it is recommended or merely the nearest; missing_ns is how far its pause at the SLO's
--             share is beyond the SLO, excess_bytes how far its memory is beyond the limit; next_ is the best-ranked one that
--             differs in memory or pause, alike_count how many do not; phase_name is the longest phase of its blackout with
--             all inputs at their medians, step_name the longest step of that phase; input_name is the input that moves the
--             blackout of the plan's scenario most, assumed_names the first three such inputs that nobody measured
-- Units       the last word of each name
-- Parameters  none
WITH best AS (SELECT * FROM configuration_answer WHERE rank_index = 0),
other AS (
  SELECT
    answer.label, answer.overhead_bytes, answer.slo_quantile_ns, answer.is_feasible,
    answer.overhead_bytes = best.overhead_bytes AND answer.slo_quantile_ns = best.slo_quantile_ns AS is_alike,
    answer.rank_index
  FROM configuration_answer AS answer CROSS JOIN best
  WHERE answer.rank_index > 0
),
next_one AS (
  SELECT * FROM other WHERE NOT is_alike ORDER BY rank_index LIMIT 1
),
step AS (
  SELECT phase::VARCHAR AS phase_name, step AS step_name, step_ns, median_run.blackout_ns,
    sum(step_ns) OVER (PARTITION BY phase)::BIGINT AS phase_ns
  FROM run_step JOIN median_run USING (run_index) JOIN best USING (configuration_index)
  WHERE phase IN ('freeze', 'serialize', 'kexec', 'restore')
),
longest AS (
  SELECT * FROM step ORDER BY phase_ns DESC, phase_name, step_ns DESC, step_name LIMIT 1
),
swing AS (
  SELECT name, assumed, low_ns, high_ns, greatest(low_ns, high_ns, base_ns) - least(low_ns, high_ns, base_ns) AS swing_ns
  FROM tornado LEFT JOIN input USING (name)
  WHERE low_ns IS NOT NULL AND high_ns IS NOT NULL AND base_ns IS NOT NULL
),
widest AS (
  SELECT * FROM swing WHERE swing_ns > 0 ORDER BY swing_ns DESC, name LIMIT 1
)
SELECT
  best.configuration_index, best.label, best.is_feasible, best.meets_slo, best.meets_memory,
  best.run_count, best.refused_count, best.failed_count, best.reason,
  best.blackout_p5_ns::BIGINT AS blackout_p5_ns,
  best.blackout_p50_ns::BIGINT AS blackout_p50_ns,
  best.blackout_p95_ns::BIGINT AS blackout_p95_ns,
  best.slo_quantile_ns, best.worst_pause_ns, best.attained_ratio, best.held_ratio,
  best.overhead_bytes, best.scratch_bytes, best.metadata_bytes, best.kexec_image_bytes,
  greatest(best.slo_quantile_ns - sweep.slo_pause_ns, 0) AS missing_ns,
  CASE WHEN sweep.memory_limit_bytes > 0 THEN greatest(best.overhead_bytes - sweep.memory_limit_bytes, 0) ELSE 0 END
    AS excess_bytes,
  (SELECT count(*) FROM other WHERE is_alike) AS alike_count,
  next_one.label AS next_label, next_one.is_feasible AS next_is_feasible,
  next_one.overhead_bytes AS next_overhead_bytes, next_one.slo_quantile_ns AS next_slo_quantile_ns,
  next_one.overhead_bytes - best.overhead_bytes AS next_more_bytes,
  next_one.slo_quantile_ns - best.slo_quantile_ns AS next_more_ns,
  longest.phase_name, longest.phase_ns, longest.phase_ns / longest.blackout_ns::DOUBLE AS phase_ratio,
  longest.step_name, longest.step_ns,
  widest.name AS input_name, widest.assumed AS input_assumed,
  widest.low_ns::BIGINT AS input_low_ns, widest.high_ns::BIGINT AS input_high_ns,
  (SELECT string_agg(name, ', ' ORDER BY swing_ns DESC, name)
   FROM (FROM swing WHERE assumed AND swing_ns > 0 ORDER BY swing_ns DESC, name LIMIT 3)) AS assumed_names
FROM best
CROSS JOIN sweep
LEFT JOIN next_one ON true
LEFT JOIN longest ON true
LEFT JOIN widest ON true;
