-- Question    How do the costs of an update spread over the moments at which it can start?
-- Grain       one measure of time; starts of which the trace shows the whole blackout
-- Columns     quantiles over the starts, the k-th of n with k = ceil(q n); best_ns and worst_ns are the earliest starts
--             with the least and the most, on the trace's clock
-- Units       the last word of each name
-- Parameters  none
WITH measure AS (
  UNPIVOT (
    SELECT trace_time_ns, blackout_ns, stalled_ns, worst_latency_ns, catch_up_ns, lost_ns FROM moment WHERE complete
  ) ON blackout_ns, stalled_ns, worst_latency_ns, catch_up_ns, lost_ns INTO NAME measure VALUE measured_ns
)
SELECT
  CASE measure
    WHEN 'blackout_ns' THEN 'blackout'
    WHEN 'stalled_ns' THEN 'added to latencies'
    WHEN 'worst_latency_ns' THEN 'longest latency'
    WHEN 'catch_up_ns' THEN 'catching up'
    ELSE 'lost in brownout'
  END AS measure_name,
  count(*) AS moment_count,
  min(measured_ns) AS least_ns,
  quantile_disc(measured_ns, 0.5) AS p50_ns,
  quantile_disc(measured_ns, 0.9) AS p90_ns,
  quantile_disc(measured_ns, 0.99) AS p99_ns,
  max(measured_ns) AS most_ns,
  min(trace_time_ns) FILTER (measured_ns = least) AS best_ns,
  min(trace_time_ns) FILTER (measured_ns = most) AS worst_ns
FROM (
  SELECT
    *,
    min(measured_ns) OVER (PARTITION BY measure) AS least,
    max(measured_ns) OVER (PARTITION BY measure) AS most
  FROM measure
)
GROUP BY measure
ORDER BY list_position(['blackout_ns', 'stalled_ns', 'worst_latency_ns', 'catch_up_ns', 'lost_ns'], measure);
