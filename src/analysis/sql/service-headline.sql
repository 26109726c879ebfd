-- Question    What do guests and their clients feel, in one row?
-- Grain       the run
-- Columns     requests and packets of all devices together, quantiles as in request-latency, worst_device_name the
--             device with the longest request; service_visible_ns and guest_visible_ns of the VM with the longest, as in
--             downtimes; timeouts that the update crosses; null where the trace has nothing of the kind
-- Units       the last word of each name
-- Parameters  none
WITH latency AS (
  SELECT
    count(*) AS request_count,
    quantile_disc(alone_ns, 0.5) AS alone_p50_ns,
    quantile_disc(latency_ns, 0.5) AS p50_ns,
    quantile_disc(alone_ns, 0.99) AS alone_p99_ns,
    quantile_disc(latency_ns, 0.99) AS p99_ns,
    max(alone_ns) AS alone_worst_ns,
    max(latency_ns) AS worst_ns,
    arg_max(trace_device_index, (latency_ns, -trace_device_index::INTEGER)) AS trace_device_index
  FROM request
),
packet AS (
  SELECT
    coalesce(sum(arrived_count), 0) AS arrived_count,
    coalesce(sum(dropped_count), 0) AS dropped_count,
    count(*) FILTER (has_packets) AS card_count,
    max(greatest(reachable_ns, coalesce(tcp_resume_ns, 0)) - coalesce(last_packet_ns, stop_ns))
      FILTER (has_packets) AS card_gap_ns
  FROM device_gap_offset
),
gap AS (
  SELECT
    vm_index,
    max(ready_ns) AS ready_ns,
    max(greatest(reachable_ns, coalesce(tcp_resume_ns, 0))) FILTER (has_packets)
      - max(coalesce(last_packet_ns, stop_ns)) FILTER (has_packets) AS service_visible_ns
  FROM device_gap_offset
  GROUP BY vm_index
),
visible AS (
  SELECT
    max(greatest(vm.resume_ns, coalesce(gap.ready_ns, 0)) - vm.pause_ns) AS guest_visible_ns,
    max(service_visible_ns) AS service_visible_ns,
    arg_max(vm.name, (service_visible_ns, -vm_index)) FILTER (service_visible_ns IS NOT NULL) AS service_vm_name
  FROM vm LEFT JOIN gap USING (vm_index)
),
waited AS (
  SELECT 'request' AS kind, latency_ns AS wait_ns FROM request WHERE latency_ns IS NOT NULL
  UNION ALL
  SELECT 'silence', silence_ns FROM device_gap_offset WHERE has_packets
),
longest AS (SELECT kind, max(wait_ns) AS longest_ns FROM waited GROUP BY kind),
crossed AS (
  SELECT count(*) AS timeout_count, count(*) FILTER (longest_ns >= limit_ns) AS crossed_timeout_count
  FROM service_limit JOIN longest ON longest.kind = service_limit.kind
)
SELECT
  latency.* EXCLUDE (trace_device_index),
  trace_device.name AS worst_device_name,
  packet.*,
  visible.*,
  crossed.*
FROM latency
CROSS JOIN packet
CROSS JOIN visible
CROSS JOIN crossed
LEFT JOIN trace_device USING (trace_device_index);
