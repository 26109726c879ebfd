-- Question    What does this update cost, in one row?
-- Grain       the run
-- Columns     blackout_ns and its four parts; low/high with every constant at that end; the VM that stands still
--             longest; time in which VMs run but the update works; bytes by group; what the numbers rest on
-- Units       the last word of each name
-- Parameters  none
WITH phase_sum AS (
  SELECT
    coalesce(sum(end_ns - start_ns) FILTER (in_blackout), 0) AS blackout_ns,
    coalesce(sum(low_ns) FILTER (in_blackout), 0) AS blackout_low_ns,
    coalesce(sum(high_ns) FILTER (in_blackout), 0) AS blackout_high_ns,
    coalesce(sum(end_ns - start_ns) FILTER (phase = 'freeze'), 0) AS freeze_ns,
    coalesce(sum(end_ns - start_ns) FILTER (phase = 'serialize'), 0) AS serialize_ns,
    coalesce(sum(end_ns - start_ns) FILTER (phase = 'kexec'), 0) AS kexec_ns,
    coalesce(sum(end_ns - start_ns) FILTER (phase = 'restore'), 0) AS restore_ns,
    coalesce(sum(end_ns - start_ns) FILTER (phase = 'preserve'), 0) AS preserve_ns,
    coalesce(sum(end_ns - start_ns) FILTER (phase IN ('finish', 'brownout')), 0) AS after_ns
  FROM phase
),
overhead_sum AS (
  SELECT
    coalesce(sum(overhead_bytes) FILTER (overhead_group = 'metadata'), 0) AS metadata_bytes,
    coalesce(sum(overhead_bytes) FILTER (overhead_group = 'scratch'), 0) AS scratch_bytes,
    coalesce(sum(overhead_bytes) FILTER (kind = 'kexec-image'), 0) AS kexec_image_bytes,
    coalesce(sum(overhead_bytes) FILTER (kind = 'transient-peak'), 0) AS transient_peak_bytes
  FROM overhead_grouped
),
vm_sum AS (SELECT count(*) AS vm_count, coalesce(sum(guest_bytes), 0) AS guest_bytes FROM vm),
worst AS (SELECT name, blackout_ns, low_ns, high_ns FROM vm ORDER BY blackout_ns DESC, vm_index LIMIT 1),
event_sum AS (
  -- The spurious interrupt of a device that goes on is the kernel's, not the trace's.
  SELECT
    count(*) FILTER (effect <> 'interrupt-spurious') AS device_event_count,
    count(*) FILTER (effect IN ('packet-lost', 'dma-lost', 'interrupt-lost')) AS lost_event_count
  FROM device_event
),
cost_sum AS (
  SELECT count(*) FILTER (used) AS used_constant_count, count(*) FILTER (used AND assumed) AS used_assumed_count
  FROM cost
)
SELECT
  phase_sum.*,
  vm_sum.*,
  worst.name AS worst_vm_name,
  worst.blackout_ns AS worst_vm_ns,
  worst.low_ns AS worst_vm_low_ns,
  worst.high_ns AS worst_vm_high_ns,
  overhead_sum.metadata_bytes,
  CASE WHEN vm_sum.guest_bytes > 0
    THEN overhead_sum.metadata_bytes::DOUBLE / vm_sum.guest_bytes END AS metadata_ratio,
  overhead_sum.scratch_bytes,
  overhead_sum.kexec_image_bytes,
  overhead_sum.transient_peak_bytes,
  event_sum.*,
  run.profile_name,
  run.constant_count,
  run.assumed_constant_count,
  cost_sum.*,
  run.trace_name,
  run.scenario_name,
  run.kernel_from,
  run.kernel_to,
  (SELECT count(*) FROM warning) AS warning_count
FROM run
CROSS JOIN phase_sum
CROSS JOIN vm_sum
CROSS JOIN overhead_sum
CROSS JOIN event_sum
CROSS JOIN cost_sum
LEFT JOIN worst ON true;
