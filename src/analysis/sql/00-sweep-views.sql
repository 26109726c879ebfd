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

-- A table and no view: every question starts from it, and it goes over all runs.
CREATE TABLE configuration_answer AS
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
  refused_count + failed_count = 0 AND meets_slo AND meets_memory AS is_feasible,
  -- Feasible ones by memory, then by pause; the others by pause: 0 is the one to recommend, or the nearest.
  row_number() OVER (
    ORDER BY is_feasible DESC, refused_count + failed_count > 0,
      CASE WHEN is_feasible THEN overhead_bytes END, slo_quantile_ns, overhead_bytes, blackout_p50_ns, configuration_index
  ) - 1 AS rank_index
FROM run_sum
JOIN configuration USING (configuration_index)
LEFT JOIN pause_sum USING (configuration_index)
LEFT JOIN draw_sum USING (configuration_index)
CROSS JOIN sweep;
COMMENT ON TABLE configuration_answer IS
  'What each configuration comes to, over its draws: blackout with a band, pauses against the SLO, memory; rank_index 0 is the one to recommend.';

CREATE VIEW named_setting AS
SELECT
  configuration_index, axis_index, value_index, axis.key AS axis_key, regexp_replace(axis.key, '^.*\.', '') AS axis_name,
  axis.unit, axis.value_count, setting.label AS value_label, setting.value
FROM setting JOIN axis USING (axis_index);
COMMENT ON VIEW named_setting IS 'What each configuration has chosen, with the axis; axis_name is the last word of its path.';

CREATE TABLE configuration_front AS
WITH complete AS (
  SELECT configuration_index, rank_index, is_feasible, overhead_bytes, slo_quantile_ns
  FROM configuration_answer
  WHERE refused_count + failed_count = 0 AND slo_quantile_ns IS NOT NULL AND overhead_bytes IS NOT NULL
),
stair AS (
  SELECT
    overhead_bytes, min(slo_quantile_ns) AS least_ns,
    min(min(slo_quantile_ns)) OVER (ORDER BY overhead_bytes ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS cheaper_ns
  FROM complete
  GROUP BY overhead_bytes
),
front AS (
  SELECT
    overhead_bytes, least_ns AS slo_quantile_ns,
    -- Both measures from 0 to 1 along the front: its ends lie on the line from (0, 1) to (1, 0).
    (1
      - (overhead_bytes - min(overhead_bytes) OVER all_of) / nullif(max(overhead_bytes) OVER all_of - min(overhead_bytes) OVER all_of, 0)::DOUBLE
      - (least_ns - min(least_ns) OVER all_of) / nullif(max(least_ns) OVER all_of - min(least_ns) OVER all_of, 0)::DOUBLE
    ) / sqrt(2) AS chord_distance_ratio
  FROM stair
  WHERE cheaper_ns IS NULL OR least_ns < cheaper_ns
  WINDOW all_of AS ()
),
knee AS (
  SELECT overhead_bytes, slo_quantile_ns
  FROM front
  WHERE chord_distance_ratio > 1e-9
  ORDER BY chord_distance_ratio DESC, overhead_bytes
  LIMIT 1
)
SELECT
  complete.*, front.overhead_bytes IS NOT NULL AS is_front, chord_distance_ratio,
  -- Of configurations that come to the same, the best-ranked stands for all.
  knee.overhead_bytes IS NOT NULL
    AND row_number() OVER (PARTITION BY overhead_bytes, slo_quantile_ns ORDER BY rank_index) = 1 AS is_knee
FROM complete
LEFT JOIN front USING (overhead_bytes, slo_quantile_ns)
LEFT JOIN knee USING (overhead_bytes, slo_quantile_ns);
COMMENT ON TABLE configuration_front IS
  'Configurations of which every run ended well: is_front where none has less memory and no longer pause, or a shorter pause and no more memory; is_knee is the one of the front farthest below the line between its ends.';

CREATE TABLE shown_configuration AS
WITH chosen AS (
  SELECT 'contrast' AS set_name, 0 AS order_index, CASE WHEN is_feasible THEN 'recommended' ELSE 'nearest' END AS role_name, configuration_index
  FROM configuration_answer WHERE rank_index = 0
  UNION ALL
  SELECT 'contrast', 1, 'knee', configuration_index FROM configuration_front WHERE is_knee
  UNION ALL
  SELECT 'contrast', 2, 'shortest pause', arg_min(configuration_index, (slo_quantile_ns, rank_index)) FROM configuration_front
  UNION ALL
  SELECT 'contrast', 3, 'least memory', arg_min(configuration_index, (overhead_bytes, rank_index)) FROM configuration_front
  UNION ALL
  SELECT 'contrast', 4, 'middle of the ranking', configuration_index
  FROM configuration_answer WHERE rank_index = (SELECT count(*) FROM configuration_answer) // 2
  UNION ALL
  SELECT 'contrast', 5, 'longest pause', arg_max(configuration_index, (slo_quantile_ns, -rank_index)) FROM configuration_answer
  UNION ALL
  SELECT 'best', rank_index, 'rank ' || (rank_index + 1), configuration_index FROM configuration_answer WHERE rank_index < 1000
  UNION ALL
  SELECT 'front', rank_index, '', configuration_index FROM configuration_front WHERE is_front
),
-- Configurations whose VMs stand still alike say the same twice; the front is about memory too.
distinct_choice AS (
  SELECT chosen.*, label
  FROM chosen JOIN configuration_answer USING (configuration_index)
  WHERE slo_quantile_ns IS NOT NULL
  QUALIFY set_name = 'front' OR row_number() OVER (
    PARTITION BY set_name, slo_quantile_ns, worst_pause_ns, attained_ratio, blackout_mean_ns ORDER BY order_index
  ) = 1
),
placed AS (
  SELECT * FROM distinct_choice
  QUALIFY set_name = 'front' OR row_number() OVER (PARTITION BY set_name ORDER BY order_index) <= 6
),
differing AS (
  SELECT set_name, axis_index
  FROM placed JOIN setting USING (configuration_index)
  GROUP BY ALL
  HAVING min(value_index) < max(value_index)
),
short AS (
  SELECT set_name, configuration_index, string_agg(axis_name || ' ' || value_label, ', ' ORDER BY axis_index) AS short_label
  FROM placed JOIN named_setting USING (configuration_index) JOIN differing USING (set_name, axis_index)
  GROUP BY ALL
)
SELECT placed.* EXCLUDE label, coalesce(short_label, label) AS short_label
FROM placed LEFT JOIN short USING (set_name, configuration_index);
COMMENT ON TABLE shown_configuration IS
  'Configurations that figures show together: up to 6 that contrast, the best 6 that differ in their pauses, the front; short_label has only the axes in which a set differs.';

CREATE VIEW median_run AS
SELECT configuration_index, min(run_index) AS run_index, arg_min(blackout_ns, run_index) AS blackout_ns
FROM run
WHERE kind IN ('grid', 'tornado') AND draw_index = 0 AND status = 'done'
GROUP BY configuration_index;
COMMENT ON VIEW median_run IS 'The run of each configuration with all inputs at their medians: the one whose steps are kept.';
