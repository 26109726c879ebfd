-- Question    Which hosts would the kernels not update, and why?
-- Grain       one answer of the kernels, those of most hosts first
-- Columns     how many hosts and VMs it concerns, and the first of the hosts
-- Units       the last word of each name
-- Parameters  none
SELECT
  composition.refusal,
  count(*) AS host_count,
  sum(composition.vm_count)::BIGINT AS vm_count,
  arg_min(host.name, host.host_index) AS first_host_name
FROM host JOIN composition USING (composition_index)
WHERE host.fate = 'refused'
GROUP BY composition.refusal
ORDER BY host_count DESC, min(host.host_index);
