-- Question    What does the rollout over the fleet take and cost, in one row?
-- Grain       the fleet
-- Columns     hosts and VMs by what becomes of them; length of the rollout and time lost by all VMs together, with every
--             constant at base and at both ends; the VM that stands still longest; memory; what the numbers rest on
-- Units       the last word of each name
-- Parameters  none
WITH host_sum AS (
  SELECT
    count(*) AS host_count,
    count(*) FILTER (fate = 'updated') AS updated_host_count,
    count(*) FILTER (fate = 'failed') AS failed_host_count,
    count(*) FILTER (fate = 'refused') AS refused_host_count,
    count(*) FILTER (fate = 'not-reached') AS unreached_host_count,
    count(DISTINCT host.composition_index) AS composition_count,
    coalesce(sum(guest_capacity_bytes), 0)::DOUBLE AS capacity_bytes,
    coalesce(sum(composition.scratch_bytes), 0)::DOUBLE AS scratch_bytes,
    coalesce(max(composition.metadata_bytes), 0)::DOUBLE AS host_metadata_bytes
  FROM host JOIN composition ON composition.composition_index = host.packed_composition_index
),
vm_sum AS (
  SELECT
    count(*) AS vm_count,
    coalesce(sum(guest_bytes), 0)::DOUBLE AS guest_bytes,
    count(*) FILTER (fate = 'no-host') AS unplaced_vm_count,
    count(*) FILTER (fate = 'paused') AS paused_vm_count,
    count(*) FILTER (fate = 'lost') AS lost_vm_count,
    count(*) FILTER (fate = 'host-refused') AS refused_vm_count,
    count(*) FILTER (fate = 'not-reached') AS unreached_vm_count,
    count(*) FILTER (migration_count > 0) AS migrated_vm_count,
    count(*) FILTER (may_not_pause AND fate IN ('paused', 'lost')) AS stayed_vm_count,
    coalesce(sum(pause_ns), 0)::DOUBLE AS pause_sum_ns,
    coalesce(sum(pause_low_ns), 0)::DOUBLE AS pause_sum_low_ns,
    coalesce(sum(pause_high_ns), 0)::DOUBLE AS pause_sum_high_ns,
    coalesce(sum(loss_ns), 0)::DOUBLE AS loss_sum_ns,
    coalesce(sum(loss_low_ns), 0)::DOUBLE AS loss_sum_low_ns,
    coalesce(sum(loss_high_ns), 0)::DOUBLE AS loss_sum_high_ns,
    coalesce(sum(migration_downtime_ns), 0)::DOUBLE AS migration_sum_ns
  FROM vm
),
batch_sum AS (
  SELECT
    count(*) AS batch_count,
    count(*) FILTER (is_reached) AS reached_batch_count,
    min(batch_index) FILTER (aborts) AS abort_batch_index,
    coalesce(max(end_ns), 0) AS total_ns,
    coalesce(max(end_low_ns), 0) AS total_low_ns,
    coalesce(max(end_high_ns), 0) AS total_high_ns
  FROM batch
),
migration_sum AS (
  SELECT count(*) AS migration_count, coalesce(sum(moved_bytes), 0)::DOUBLE AS moved_bytes FROM migration
),
-- Metadata is there from preserving to finishing; of the same moment, what ends goes first.
metadata_change AS (
  SELECT update_start_ns AS at_ns, metadata_bytes AS change_bytes FROM host_turn
  UNION ALL
  SELECT update_end_ns, -metadata_bytes FROM host_turn
),
metadata_peak AS (
  SELECT coalesce(max(held_bytes), 0)::DOUBLE AS peak_metadata_bytes
  FROM (SELECT sum(change_bytes) OVER (ORDER BY at_ns, change_bytes ROWS UNBOUNDED PRECEDING) AS held_bytes FROM metadata_change)
),
worst AS (
  SELECT vm.name AS worst_vm_name, host.name AS worst_host_name, base.standstill_ns AS worst_ns,
    low.standstill_ns AS worst_low_ns, high.standstill_ns AS worst_high_ns, vm.fate::VARCHAR AS worst_fate
  FROM vm_standstill AS base
  JOIN vm_standstill AS low ON low.vm_index = base.vm_index AND low.level = 'low'
  JOIN vm_standstill AS high ON high.vm_index = base.vm_index AND high.level = 'high'
  JOIN vm ON vm.vm_index = base.vm_index
  JOIN host ON host.host_index = base.host_index
  WHERE base.level = 'base'
  ORDER BY base.standstill_ns DESC, base.vm_index
  LIMIT 1
)
SELECT
  fleet.fleet_name,
  host_sum.*,
  vm_sum.*,
  batch_sum.*,
  migration_sum.*,
  metadata_peak.*,
  worst.*,
  fleet.concurrency_count,
  fleet.abort_host_count,
  fleet.kernel_from,
  fleet.kernel_to,
  fleet.profile_name,
  fleet.constant_count,
  fleet.assumed_constant_count
FROM fleet
CROSS JOIN host_sum
CROSS JOIN vm_sum
CROSS JOIN batch_sum
CROSS JOIN migration_sum
CROSS JOIN metadata_peak
LEFT JOIN worst ON true;
