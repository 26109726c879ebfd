-- Question    What does the blackout do to the device events that fall into it?
-- Grain       one kind of event and effect
-- Columns     device_count is how many devices of the trace are concerned; offsets count from the start of the blackout
-- Units       the last word of each name
-- Parameters  none
SELECT
  kind,
  effect,
  count(*) AS event_count,
  sum(bytes) AS event_bytes,
  count(DISTINCT trace_device_index) AS device_count,
  min(time_ns) - any_value(blackout.start_ns) AS first_offset_ns,
  max(time_ns) - any_value(blackout.start_ns) AS last_offset_ns
FROM device_event CROSS JOIN blackout
GROUP BY kind, effect
ORDER BY effect, kind;
