-- Question    Which timeouts of guests and of their clients does the update cross?
-- Grain       one timeout
-- Columns     longest_ns is the longest latency or silence that there is; crossed_count counts the requests that take as
--             long, or the network cards that are silent as long; null where the trace has none of them
-- Units       the last word of each name
-- Parameters  none
WITH waited AS (
  SELECT 'request' AS kind, latency_ns AS wait_ns FROM request WHERE latency_ns IS NOT NULL
  UNION ALL
  SELECT 'silence', silence_ns FROM device_gap_offset WHERE has_packets
)
SELECT
  service_limit.name AS timeout_name,
  service_limit.kind,
  service_limit.limit_ns,
  max(wait_ns) AS longest_ns,
  CASE WHEN count(wait_ns) > 0 THEN count(*) FILTER (wait_ns >= limit_ns) END AS crossed_count,
  service_limit.source,
  service_limit.assumed
FROM service_limit LEFT JOIN waited ON waited.kind = service_limit.kind
GROUP BY ALL
ORDER BY service_limit.kind, service_limit.limit_ns, timeout_name;
