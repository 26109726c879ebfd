-- Question    Which devices change guest memory while no CPU runs?
-- Grain       one device of the trace that drives a VM of the scenario
-- Columns     changed_pages are distinct frames that no dirty log has; interrupts of the blackout are lost, and one that
--             nothing caused follows to each device that went on
-- Units       the last word of each name
-- Parameters  none
SELECT
  trace_device.name AS device_name,
  device_gap.fate,
  device_gap.changed_pages,
  count(*) FILTER (device_event.effect = 'interrupt-lost') AS lost_interrupt_count,
  count(*) FILTER (device_event.effect = 'interrupt-spurious') AS spurious_interrupt_count,
  device_gap.ready_ns - device_gap.resume_ns AS restart_ns
FROM device_gap
JOIN trace_device USING (trace_device_index)
LEFT JOIN device_event USING (trace_device_index)
GROUP BY trace_device_index, device_name, device_gap.fate, device_gap.changed_pages, restart_ns
ORDER BY trace_device_index;
