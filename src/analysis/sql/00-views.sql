-- Views that every question builds on. They are part of the database, so the user's own SQL may use them too.
--
-- The trace's clock stands still while the guests do: a moment of the trace after the guests stopped happens later on
-- the host by the length of the blackout.

CREATE VIEW blackout AS
SELECT blackout_start_ns AS start_ns, blackout_end_ns AS end_ns, blackout_end_ns - blackout_start_ns AS blackout_ns
FROM run;
COMMENT ON VIEW blackout IS 'The time in which VMs stand still, on the host''s clock; one row.';

CREATE VIEW step_timeline AS
SELECT
  step.step_index, step.name AS step_name, step.phase, step.lifecycle_row, step.vm_index, vm.name AS vm_name,
  step.start_ns, step.end_ns, step.low_ns, step.high_ns, step.detail,
  step.start_ns - blackout.start_ns AS start_offset_ns,
  step.end_ns - blackout.start_ns AS end_offset_ns,
  step.phase IN ('freeze', 'serialize', 'kexec', 'restore') AS in_blackout
FROM step CROSS JOIN blackout LEFT JOIN vm USING (vm_index);
COMMENT ON VIEW step_timeline IS 'Steps with the VM''s name and with times counted from the blackout''s start (offset).';

CREATE VIEW overhead_grouped AS
SELECT
  kind, vm_index, overhead_bytes, detail,
  CASE
    WHEN kind IN ('folio-metadata', 'tracker', 'blocks', 'fixed', 'device-metadata') THEN 'metadata'
    WHEN kind = 'scratch' THEN 'scratch'
    ELSE 'temporary'
  END AS overhead_group
FROM memory_overhead;
COMMENT ON VIEW overhead_grouped IS
  'Overhead by what it is: metadata (grows with what is preserved), scratch (reserved at boot), temporary (until the update ends).';

CREATE VIEW dirty_tick_host AS
SELECT
  dirty_tick.*,
  trace_time_ns + CASE WHEN after_resume THEN blackout.blackout_ns ELSE 0 END AS host_time_ns
FROM dirty_tick CROSS JOIN blackout;
COMMENT ON VIEW dirty_tick_host IS 'Ticks of guest writes with their end on the host''s clock.';

CREATE VIEW mark_host AS
SELECT
  name, trace_time_ns,
  trace_time_ns + CASE WHEN trace_time_ns > blackout.start_ns THEN blackout.blackout_ns ELSE 0 END AS host_time_ns
FROM mark CROSS JOIN blackout;
COMMENT ON VIEW mark_host IS 'Phases of the workload with their beginning on the host''s clock.';

CREATE VIEW device_gap_offset AS
SELECT
  *,
  last_packet_ns IS NOT NULL OR arrived_count > 0 AS has_packets,
  reachable_ns - coalesce(last_packet_ns, stop_ns) AS silence_ns
FROM device_gap;
COMMENT ON VIEW device_gap_offset IS
  'Gaps of devices: has_packets where the trace has packets of it, silence_ns from its last packet to where it is reached.';

CREATE VIEW moment_mark AS
SELECT
  moment.*,
  row_number() OVER (ORDER BY trace_time_ns) - 1 AS moment_index,
  coalesce(lead(trace_time_ns) OVER (ORDER BY trace_time_ns), trace_time_ns) AS next_ns,
  coalesce(
    (SELECT arg_max(mark.name, (mark.trace_time_ns, mark.rowid)) FROM mark
     WHERE mark.trace_time_ns <= moment.trace_time_ns),
    ''
  ) AS mark_name
FROM moment;
COMMENT ON VIEW moment_mark IS 'Starts of the update with the phase of the workload that is going on; empty before the first.';
