-- Question    What did every run of a configuration come to?
-- Grain       a run that counts for its configuration: its draws, or its one run where nothing is drawn; and the plan's
--             scenario as it was written
-- Columns     overhead_bytes is metadata, scratch and kexec image; nulls where the run was refused or failed
-- Units       the last word of each name
-- Parameters  none
SELECT
  configuration_index, label, draw_index, status::VARCHAR AS status, preserve_ns, freeze_ns, serialize_ns, kexec_ns, restore_ns,
  finish_ns, blackout_ns, overhead_bytes, full_speed_ns, stalled_ns, dropped_count
FROM grid_run JOIN configuration USING (configuration_index)
WHERE is_drawn
ORDER BY run_index;
