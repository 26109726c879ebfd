-- Views of a sweep: what its questions share.

CREATE VIEW grid_run AS
SELECT
  run.*,
  metadata_bytes + scratch_bytes + kexec_image_bytes AS overhead_bytes,
  -- What a configuration comes to follows from its draws; where nothing is drawn, from its one run.
  draw_index > 0 OR sweep.repeat_count = 0 AS is_drawn
FROM run CROSS JOIN sweep
WHERE kind = 'grid';
COMMENT ON VIEW grid_run IS 'Runs of configurations, with the memory that the update holds: metadata, scratch and kexec image.';

CREATE VIEW configuration_pause AS
SELECT configuration_index, pause_ns, sum(vm_count) AS vm_count
FROM run_pause JOIN grid_run USING (run_index)
WHERE is_drawn
GROUP BY ALL;
COMMENT ON VIEW configuration_pause IS 'For how long VMs stand still, over all draws of a configuration together.';

CREATE VIEW configuration_share AS
SELECT
  configuration_index, pause_ns, vm_count,
  sum(vm_count) OVER (PARTITION BY configuration_index ORDER BY pause_ns)
    / sum(vm_count) OVER (PARTITION BY configuration_index)::DOUBLE AS within_ratio
FROM configuration_pause;
COMMENT ON VIEW configuration_share IS 'Share of the VMs, over all draws of a configuration, that stand still for no longer.';

CREATE VIEW configuration_answer AS
WITH run_sum AS (
  SELECT
    configuration_index,
    count(*) AS run_count,
    count(*) FILTER (status = 'refused') AS refused_count,
    count(*) FILTER (status = 'failed') AS failed_count,
    first(reason ORDER BY run_index) FILTER (status <> 'done') AS reason,
    first(blackout_ns) FILTER (draw_index = 0) AS median_inputs_blackout_ns,
    quantile_cont(blackout_ns, 0.05) FILTER (is_drawn) AS blackout_p5_ns,
    quantile_cont(blackout_ns, 0.5) FILTER (is_drawn) AS blackout_p50_ns,
    quantile_cont(blackout_ns, 0.95) FILTER (is_drawn) AS blackout_p95_ns,
    avg(blackout_ns) FILTER (is_drawn) AS blackout_mean_ns,
    quantile_disc(overhead_bytes, 0.5) FILTER (is_drawn) AS overhead_bytes,
    quantile_disc(scratch_bytes, 0.5) FILTER (is_drawn) AS scratch_bytes,
    quantile_disc(metadata_bytes, 0.5) FILTER (is_drawn) AS metadata_bytes,
    quantile_disc(kexec_image_bytes, 0.5) FILTER (is_drawn) AS kexec_image_bytes,
    quantile_disc(transient_peak_bytes, 0.5) FILTER (is_drawn) AS transient_peak_bytes
  FROM grid_run
  GROUP BY configuration_index
),
pause_sum AS (
  SELECT
    configuration_index,
    min(pause_ns) FILTER (within_ratio >= sweep.slo_vm_ratio) AS slo_quantile_ns,
    max(pause_ns) AS worst_pause_ns,
    coalesce(max(within_ratio) FILTER (pause_ns <= sweep.slo_pause_ns), 0) AS attained_ratio
  FROM configuration_share CROSS JOIN sweep
  GROUP BY configuration_index
),
draw_share AS (
  SELECT
    configuration_index, run_index,
    coalesce(sum(vm_count) FILTER (pause_ns <= sweep.slo_pause_ns), 0) / sum(vm_count)::DOUBLE AS within_ratio
  FROM run_pause JOIN grid_run USING (run_index) CROSS JOIN sweep
  WHERE is_drawn
  GROUP BY ALL
),
draw_sum AS (
  SELECT configuration_index, avg((within_ratio >= sweep.slo_vm_ratio)::INTEGER) AS held_ratio
  FROM draw_share CROSS JOIN sweep
  GROUP BY configuration_index
)
SELECT
  run_sum.*, pause_sum.* EXCLUDE configuration_index, draw_sum.held_ratio,
  configuration.label, configuration.trace_name, configuration.profile_name,
  coalesce(attained_ratio >= sweep.slo_vm_ratio, false) AS meets_slo,
  coalesce(sweep.memory_limit_bytes = 0 OR overhead_bytes <= sweep.memory_limit_bytes, false) AS meets_memory,
  refused_count + failed_count = 0 AND meets_slo AND meets_memory AS is_feasible
FROM run_sum
JOIN configuration USING (configuration_index)
LEFT JOIN pause_sum USING (configuration_index)
LEFT JOIN draw_sum USING (configuration_index)
CROSS JOIN sweep;
COMMENT ON VIEW configuration_answer IS 'What each configuration comes to, over its draws: blackout with a band, pauses against the SLO, memory.';
