-- Question    How many VMs stand still for how long?
-- Grain       one length of pause with its range, the longest first
-- Columns     vm_name is the first VM of them; low_ns and high_ns are pause_ns with every constant at the end of its range
-- Units       the last word of each name
-- Parameters  none
SELECT
  arg_min(name, vm_index) AS vm_name,
  count(*) AS vm_count,
  blackout_ns AS pause_ns,
  low_ns,
  high_ns
FROM vm
GROUP BY blackout_ns, low_ns, high_ns
ORDER BY blackout_ns DESC, min(vm_index);
