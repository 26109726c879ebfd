-- Requests to devices that were submitted in a window of time, the first so many.
SELECT submit_ns, complete_ns - submit_ns AS latency_ns, device.name AS device_name, direction, bytes
FROM device_io JOIN device USING (device_index)
WHERE submit_ns >= $from_ns AND submit_ns < $to_ns
ORDER BY submit_ns
LIMIT $row_limit;
