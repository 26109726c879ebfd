-- Question    How full are the hosts of each kind, and how long do they stand still?
-- Grain       one kind of host, those with most hosts first
-- Columns     hosts and their VMs as packed; used_ratio is the share of the memory for VMs that is given to them;
--             blackouts of those that are updated: shortest, median, longest
-- Units       the last word of each name
-- Parameters  none
WITH blackout AS (
  SELECT
    kind,
    count(*) AS turn_count,
    min(blackout_ns) AS least_ns,
    quantile_disc(blackout_ns, 0.5) AS median_ns,
    max(blackout_ns) AS most_ns
  FROM host_turn
  GROUP BY kind
)
SELECT
  host.kind AS host_kind,
  count(*) AS host_count,
  sum(host.packed_vm_count)::BIGINT AS vm_count,
  coalesce(sum(host.packed_bytes)::DOUBLE / nullif(sum(host.guest_capacity_bytes), 0), 0) AS used_ratio,
  coalesce(sum(host.packed_vcpu_count)::DOUBLE / nullif(sum(host.vcpu_capacity_count), 0), 0) AS used_vcpu_ratio,
  coalesce(any_value(blackout.turn_count), 0) AS turn_count,
  any_value(blackout.least_ns) AS least_blackout_ns,
  any_value(blackout.median_ns) AS median_blackout_ns,
  any_value(blackout.most_ns) AS most_blackout_ns
FROM host LEFT JOIN blackout USING (kind)
GROUP BY host.kind
ORDER BY host_count DESC, min(host.host_index);
