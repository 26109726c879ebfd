-- Question    How long is each VM gone: its vCPUs, what the guest sees, what its clients see?
-- Grain       one VM of the trace, by the copy of it that stands still longest
-- Columns     stopped_ns from its vCPUs' stop to their resume; guest_visible_ns from the stop to where the last of its
--             devices answers again; service_visible_ns from the last packet before the stop to where the network
--             reaches it and a retransmission has got through, null where the trace has no packets of it
-- Units       the last word of each name
-- Parameters  none
WITH copy AS (
  SELECT
    vm_index, trace_vm_index, name, pause_ns, resume_ns, blackout_ns,
    count(*) OVER (PARTITION BY trace_vm_index) AS vm_count,
    row_number() OVER (PARTITION BY trace_vm_index ORDER BY blackout_ns DESC, vm_index) AS copy_rank
  FROM vm
),
gap AS (
  SELECT
    vm_index,
    max(ready_ns) AS ready_ns,
    max(coalesce(last_packet_ns, stop_ns)) FILTER (has_packets) AS silent_ns,
    max(greatest(reachable_ns, coalesce(tcp_resume_ns, 0))) FILTER (has_packets) AS back_ns
  FROM device_gap_offset
  GROUP BY vm_index
)
SELECT
  copy.name AS vm_name,
  copy.vm_count,
  copy.blackout_ns AS stopped_ns,
  greatest(copy.resume_ns, coalesce(gap.ready_ns, 0)) - copy.pause_ns AS guest_visible_ns,
  gap.back_ns - gap.silent_ns AS service_visible_ns
FROM copy LEFT JOIN gap USING (vm_index)
WHERE copy_rank = 1
ORDER BY trace_vm_index;
