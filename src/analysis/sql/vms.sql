-- Question    Which VMs does the update carry over?
-- Grain       one VM, at most $vm_limit, the ones that stand still longest first
-- Columns     offsets count from the start of the blackout
-- Units       the last word of each name
-- Parameters  vm_limit
SELECT
  vm_index,
  name AS vm_name,
  guest_bytes,
  vcpu_count,
  folio_count,
  hole_pages,
  migrated_pages,
  pause_ns - blackout.start_ns AS pause_offset_ns,
  resume_ns - blackout.start_ns AS resume_offset_ns,
  vm.blackout_ns,
  low_ns,
  high_ns
FROM vm CROSS JOIN blackout
ORDER BY vm.blackout_ns DESC, vm_index
LIMIT $vm_limit::INTEGER;
