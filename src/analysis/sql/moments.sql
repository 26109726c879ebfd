-- Question    What would the update cost at each moment of the trace?
-- Grain       one start, or the worst of neighbours where there are more than $point_limit
-- Columns     start_ns on the trace's clock; end_ns the next start; mark_name the phase of the workload that is going on
-- Units       the last word of each name
-- Parameters  point_limit
WITH grouped AS (
  SELECT
    *,
    moment_index // greatest(1, ceil(count(*) OVER () / $point_limit::INTEGER)::BIGINT) AS group_index
  FROM moment_mark
)
SELECT
  min(trace_time_ns) AS start_ns,
  max(next_ns) AS end_ns,
  arg_min(mark_name, trace_time_ns) AS mark_name,
  max(blackout_ns) AS blackout_ns,
  max(stalled_ns) AS stalled_ns,
  max(worst_latency_ns) AS worst_latency_ns,
  max(dropped_count) AS dropped_count,
  max(lost_ns) AS lost_ns,
  bool_and(complete) AS complete
FROM grouped
GROUP BY group_index
ORDER BY group_index;
