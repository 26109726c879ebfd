-- Question    Why did VMs that may not pause stay on their hosts?
-- Grain       one reason, that of most VMs first
-- Columns     how many VMs, and the longest that one of them stands still for it
-- Units       the last word of each name
-- Parameters  none
SELECT
  stay::VARCHAR AS stay_reason,
  count(*) AS vm_count,
  max(greatest(coalesce(pause_ns, 0), coalesce(loss_ns, 0))) AS worst_ns
FROM vm
WHERE stay IS NOT NULL
GROUP BY stay
ORDER BY vm_count DESC, stay_reason;
