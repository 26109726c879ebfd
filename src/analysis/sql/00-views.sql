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

-- Steps name devices in `detail`: alone, before a colon, or in a list with what becomes of each.
CREATE VIEW step_device AS
SELECT step.step_index, string_agg(DISTINCT label, ' + ' ORDER BY label) AS device_names
FROM step JOIN (SELECT DISTINCT kind || ' ' || name AS label, vm_index FROM device) AS named
  ON (step.vm_index IS NULL OR step.vm_index = named.vm_index)
  AND (
    step.detail = label
    OR starts_with(step.detail, label || ': ')
    OR contains(', ' || step.detail, ', ' || label || ' (')
  )
GROUP BY step.step_index;
COMMENT ON VIEW step_device IS 'Steps that one or some devices are concerned by, with kind and name of those.';

-- Walks from the blackout's end to its start: before each step comes the one that ended last before it began. Of several
-- that ended at once it is the VM's own, else the first. Steps that take no time decide nothing.
CREATE VIEW critical_chain AS
WITH RECURSIVE busy AS MATERIALIZED (
  SELECT * FROM step_timeline WHERE in_blackout AND end_ns > start_ns
),
moment AS (
  SELECT start_ns AS time_ns, step_index, NULL::BIGINT AS end_ns FROM busy
  UNION ALL
  SELECT DISTINCT end_ns, NULL::UINTEGER, end_ns FROM busy
),
-- DuckDB has no ASOF JOIN beside a recursion.
latest AS (
  SELECT step_index, max(end_ns) OVER (ORDER BY time_ns) AS end_ns FROM moment QUALIFY step_index IS NOT NULL
),
previous AS MATERIALIZED (
  SELECT own.step_index, arg_min(busy.step_index, (busy.vm_index IS DISTINCT FROM own.vm_index, busy.step_index)) AS previous_index
  FROM latest JOIN busy AS own USING (step_index) JOIN busy ON busy.end_ns = latest.end_ns
  GROUP BY own.step_index
),
chain AS (
  (SELECT step_index FROM busy ORDER BY end_ns DESC, step_index LIMIT 1)
  UNION ALL
  SELECT previous.previous_index FROM chain JOIN previous USING (step_index)
),
boot AS (SELECT min(start_ns) AS boot_ns FROM step_timeline WHERE phase = 'kexec' AND lifecycle_row >= 17)
SELECT
  row_number() OVER in_time - 1 AS chain_index,
  busy.*,
  busy.end_ns - busy.start_ns AS took_ns,
  -- By time: what a row of the lifecycle sums up for both kernels (the console) lies where it is placed.
  CASE WHEN busy.phase = 'restore' OR busy.start_ns >= boot_ns THEN 'new' ELSE 'old' END AS kernel,
  busy.start_ns - coalesce(lag(busy.end_ns) OVER in_time, blackout.start_ns) AS gap_before_ns,
  coalesce(lead(busy.start_ns) OVER in_time, blackout.end_ns) - busy.end_ns AS gap_after_ns
FROM chain JOIN busy USING (step_index) CROSS JOIN blackout CROSS JOIN boot
WINDOW in_time AS (ORDER BY busy.start_ns);
COMMENT ON VIEW critical_chain IS
  'The steps that decide the blackout''s length, one after the other, with the time between them in which no step of the chain runs.';
