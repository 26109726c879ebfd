-- Question    How many VMs that the rollout reaches stand still for how long in one go?
-- Grain       one length of standstill with its range, the longest first
-- Columns     vm_name is the first VM of them; pause_ns is the longest of its pause, its migrations' downtimes and its host's
--             failure; low_ns and high_ns are that with every constant at the end of its range
-- Units       the last word of each name
-- Parameters  none
WITH reached AS (
  SELECT
    vm_index,
    max(standstill_ns) FILTER (level = 'base') AS standstill_ns,
    max(standstill_ns) FILTER (level = 'low') AS low_ns,
    max(standstill_ns) FILTER (level = 'high') AS high_ns
  FROM vm_standstill
  GROUP BY vm_index
)
SELECT arg_min(vm.name, vm_index) AS vm_name, count(*) AS vm_count, standstill_ns AS pause_ns, low_ns, high_ns
FROM reached JOIN vm USING (vm_index)
GROUP BY standstill_ns, low_ns, high_ns
ORDER BY standstill_ns DESC, min(vm_index);
