-- Question    How long do requests to each device take, without the update and with it?
-- Grain       one device of the trace that has requests; those from 30 s before the stop to 30 s after the resume
-- Columns     quantiles of the requests that complete, the k-th of n with k = ceil(q n): alone_* without the update
-- Units       the last word of each name
-- Parameters  none
SELECT
  trace_device.name AS device_name,
  count(*) AS request_count,
  quantile_disc(alone_ns, 0.5) AS alone_p50_ns,
  quantile_disc(latency_ns, 0.5) AS p50_ns,
  quantile_disc(alone_ns, 0.9) AS alone_p90_ns,
  quantile_disc(latency_ns, 0.9) AS p90_ns,
  quantile_disc(alone_ns, 0.99) AS alone_p99_ns,
  quantile_disc(latency_ns, 0.99) AS p99_ns,
  max(alone_ns) AS alone_worst_ns,
  max(latency_ns) AS worst_ns,
  coalesce(sum(latency_ns - alone_ns), 0) AS stalled_ns
FROM request JOIN trace_device USING (trace_device_index)
GROUP BY trace_device_index, device_name
ORDER BY trace_device_index;
