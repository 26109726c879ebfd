-- Question    What becomes of the requests to each device?
-- Grain       one device of the trace that has requests; those from 30 s before the stop to 30 s after the resume
-- Columns     submitted = completed + failed + open: failed takes the guest's request timeout or longer, open never
--             completes in the trace; drained, kept, requeued were in flight at the stop; waited came before the device
--             was ready; delayed came later and stood behind those; most_waiting is the longest queue; catch_up_ns from
--             ready to where the last of all these has completed
-- Units       the last word of each name
-- Parameters  none
WITH timeout AS (SELECT min(limit_ns) AS limit_ns FROM service_limit WHERE kind = 'request'),
move AS (
  SELECT trace_device_index, submit_ns AS at_ns, 1 AS step FROM request
  UNION ALL
  SELECT trace_device_index, submit_ns + latency_ns, -1 FROM request WHERE latency_ns IS NOT NULL
  UNION ALL
  SELECT trace_device_index, submit_ns, -1 FROM request WHERE latency_ns IS NULL
),
depth AS (
  -- At one moment completions come first: a place that gets free is taken at once.
  SELECT
    trace_device_index,
    sum(step) OVER (PARTITION BY trace_device_index ORDER BY at_ns, step ROWS UNBOUNDED PRECEDING) AS depth_count
  FROM move
),
most AS (SELECT trace_device_index, max(depth_count) AS most_waiting_count FROM depth GROUP BY trace_device_index)
SELECT
  trace_device.name AS device_name,
  any_value(device_gap.fate) AS fate,
  count(*) AS submitted_count,
  count(*) FILTER (latency_ns < timeout.limit_ns) AS completed_count,
  count(*) FILTER (latency_ns >= timeout.limit_ns) AS failed_count,
  count(*) FILTER (latency_ns IS NULL) AS open_count,
  count(*) FILTER (request.fate = 'drained') AS drained_count,
  count(*) FILTER (request.fate = 'kept') AS kept_count,
  count(*) FILTER (request.fate = 'requeued') AS requeued_count,
  count(*) FILTER (request.fate = 'waited') AS waited_count,
  count(*) FILTER (request.fate = 'delayed') AS delayed_count,
  any_value(greatest(most.most_waiting_count, 0)) AS most_waiting_count,
  greatest(0, coalesce(max(submit_ns + latency_ns) FILTER (request.fate NOT IN ('untouched', 'open')), 0)
    - any_value(device_gap.ready_ns)) AS catch_up_ns
FROM request
CROSS JOIN timeout
JOIN trace_device USING (trace_device_index)
JOIN device_gap USING (trace_device_index)
JOIN most USING (trace_device_index)
GROUP BY trace_device_index, device_name
ORDER BY trace_device_index;
