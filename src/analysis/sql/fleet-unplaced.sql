-- Question    Which VMs found no host?
-- Grain       one size, the largest first, at most $size_limit
-- Columns     how many VMs of that size, and the first of them
-- Units       the last word of each name
-- Parameters  size_limit
SELECT guest_bytes, vcpu_count, count(*) AS vm_count, arg_min(name, vm_index) AS first_vm_name
FROM vm
WHERE fate = 'no-host'
GROUP BY guest_bytes, vcpu_count
ORDER BY guest_bytes DESC, vcpu_count DESC
LIMIT $size_limit::INTEGER;
