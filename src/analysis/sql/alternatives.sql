-- Question    What else could one do with the VMs, and what would it cost them?
-- Grain       one alternative and VM that stands for its copies
-- Columns     stopped_ns its vCPUs stand still, qemu_downtime_ns what QEMU itself calls so, degraded_ns it runs slower than usual, host_ns until all copies are done
-- Units       the last word of each name
-- Parameters  none
SELECT
  alternative_index,
  alternative.name AS alternative_name,
  vm_index,
  vm.name AS vm_name,
  vm_count,
  feasible,
  reason,
  replaces_kernel,
  stopped_ns,
  qemu_downtime_ns,
  degraded_ns,
  total_ns,
  host_ns,
  moved_bytes,
  extra_bytes,
  round_count,
  lost_state,
  detail
FROM alternative JOIN vm USING (vm_index)
ORDER BY vm_index, alternative_index;
