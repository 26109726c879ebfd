-- Question    Which promises does the rollout break, and how many VMs and hosts break each?
-- Grain       one promise, in the order of the fleet's file
-- Columns     VMs that stand still for longer in one go than it allows, and hosts with such a VM, with every constant at
--             base and at both ends; kept_ratio is the share of reached VMs that keep it; is_kept says whether that is
--             what was promised
-- Units       the last word of each name
-- Parameters  none
WITH promised AS (SELECT rowid AS slo_row, * FROM slo),
broken AS (
  SELECT
    slo.slo_row,
    count(*) FILTER (level = 'base' AND standstill_ns > slo.pause_ns) AS vm_count,
    count(*) FILTER (level = 'low' AND standstill_ns > slo.pause_ns) AS low_vm_count,
    count(*) FILTER (level = 'high' AND standstill_ns > slo.pause_ns) AS high_vm_count,
    count(DISTINCT host_index) FILTER (level = 'base' AND standstill_ns > slo.pause_ns) AS host_count,
    count(DISTINCT host_index) FILTER (level = 'low' AND standstill_ns > slo.pause_ns) AS low_host_count,
    count(DISTINCT host_index) FILTER (level = 'high' AND standstill_ns > slo.pause_ns) AS high_host_count,
    count(*) FILTER (level = 'base') AS reached_vm_count
  FROM promised AS slo CROSS JOIN vm_standstill
  GROUP BY slo.slo_row
)
SELECT
  slo.name AS slo_name, slo.pause_ns, slo.vm_ratio, slo.source,
  coalesce(broken.vm_count, 0) AS broken_vm_count,
  coalesce(broken.low_vm_count, 0) AS low_broken_vm_count,
  coalesce(broken.high_vm_count, 0) AS high_broken_vm_count,
  coalesce(broken.host_count, 0) AS broken_host_count,
  coalesce(broken.low_host_count, 0) AS low_broken_host_count,
  coalesce(broken.high_host_count, 0) AS high_broken_host_count,
  coalesce(broken.reached_vm_count, 0) AS reached_vm_count,
  1 - coalesce(broken.vm_count::DOUBLE / nullif(broken.reached_vm_count, 0), 0) AS kept_ratio,
  1 - coalesce(broken.vm_count::DOUBLE / nullif(broken.reached_vm_count, 0), 0) >= slo.vm_ratio AS is_kept
FROM promised AS slo LEFT JOIN broken USING (slo_row)
ORDER BY slo.slo_row;
