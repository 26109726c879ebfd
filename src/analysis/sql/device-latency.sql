-- Question    How long do requests to each device take?
-- Grain       one device and direction
-- Columns     open_count have no end in the trace and are in no other column
-- Units       the last word of each name
-- Parameters  none
SELECT
  device_index, device_name, direction,
  count(latency_ns) AS request_count,
  count(*) - count(latency_ns) AS open_count,
  sum(bytes) FILTER (WHERE latency_ns IS NOT NULL)::BIGINT AS total_bytes,
  quantile_disc(latency_ns, 0.5) AS median_ns,
  quantile_disc(latency_ns, 0.95) AS percentile_95_ns,
  quantile_disc(latency_ns, 0.99) AS percentile_99_ns,
  max(latency_ns) AS longest_ns
FROM named_request
GROUP BY device_index, device_name, direction
ORDER BY device_index, direction;
