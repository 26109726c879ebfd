-- Question    What did the sweep come to, in one row?
-- Grain       the sweep
-- Columns     runs of all kinds by how they ended; configurations, and those of them that keep the SLO and the limit
-- Units       the last word of each name
-- Parameters  none
WITH run_sum AS (
  SELECT
    count(*) AS run_count,
    count(*) FILTER (status = 'done') AS done_count,
    count(*) FILTER (status = 'refused' AND configuration_index IS NOT NULL) AS refused_count,
    count(*) FILTER (status = 'failed') AS failed_count,
    -- Points of a design that fall on a configuration that constraints leave out are no failure.
    count(*) FILTER (configuration_index IS NULL) AS excluded_count,
    first(reason ORDER BY run_index) FILTER (status <> 'done' AND configuration_index IS NOT NULL) AS reason
  FROM run
),
configuration_sum AS (
  SELECT count(*) AS configuration_count, count(*) FILTER (is_feasible) AS feasible_count
  FROM configuration_answer
),
input_sum AS (
  SELECT count(*) AS input_count, count(*) FILTER (assumed) AS assumed_input_count FROM input
)
SELECT
  sweep.plan_name, sweep.plan_sha256, sweep.sweep_sha256, sweep.luoscope_version,
  sweep.slo_name, sweep.slo_source, sweep.slo_pause_ns, sweep.slo_vm_ratio,
  sweep.memory_limit_bytes, sweep.repeat_count, sweep.seed,
  run_sum.*, configuration_sum.*, input_sum.*
FROM sweep CROSS JOIN run_sum CROSS JOIN configuration_sum CROSS JOIN input_sum;
