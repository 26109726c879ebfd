-- Question    In which phase of the workload is an update cheap?
-- Grain       one phase of the workload in which an update can start
-- Columns     medians over its starts, the k-th of n with k = ceil(n / 2); start_ns where the phase begins
-- Units       the last word of each name
-- Parameters  none
SELECT
  mark_name,
  min(trace_time_ns) AS start_ns,
  count(*) AS moment_count,
  quantile_disc(blackout_ns, 0.5) AS blackout_ns,
  quantile_disc(stalled_ns, 0.5) AS stalled_ns,
  max(stalled_ns) AS most_stalled_ns,
  quantile_disc(worst_latency_ns, 0.5) AS worst_latency_ns,
  quantile_disc(dropped_count, 0.5) AS dropped_count,
  quantile_disc(lost_ns, 0.5) AS lost_ns
FROM moment_mark
WHERE complete
GROUP BY mark_name
ORDER BY start_ns, mark_name;
