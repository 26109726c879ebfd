-- Question    How long does each VM stand still, and in which phase?
-- Grain       one VM and one blackout phase, the VMs that stand still longest first, at most $vm_limit of them
-- Columns     part_ns is the overlap of [pause, resume) with the phase; blackout_ns, low_ns and high_ns are the VM's;
--             hidden_vm_count VMs are left out and stand still for hidden_max_ns at most (null if there are none)
-- Units       the last word of each name
-- Parameters  vm_limit
WITH ranked AS (
  SELECT *, row_number() OVER (ORDER BY blackout_ns DESC, vm_index) AS rank_index FROM vm
),
hidden AS (
  SELECT count(*) AS hidden_vm_count, max(blackout_ns) AS hidden_max_ns
  FROM ranked
  WHERE rank_index > $vm_limit::INTEGER
)
SELECT
  ranked.rank_index,
  ranked.vm_index,
  ranked.name AS vm_name,
  ranked.guest_bytes,
  phase.phase,
  sum(greatest(0, least(ranked.resume_ns, phase.end_ns) - greatest(ranked.pause_ns, phase.start_ns))) AS part_ns,
  ranked.blackout_ns,
  ranked.low_ns,
  ranked.high_ns,
  hidden.hidden_vm_count,
  hidden.hidden_max_ns
FROM ranked CROSS JOIN phase CROSS JOIN hidden
WHERE phase.in_blackout AND ranked.rank_index <= $vm_limit::INTEGER
GROUP BY ALL
ORDER BY ranked.rank_index, phase.phase;
