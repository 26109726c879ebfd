-- Question    Which updates were recorded under two kernels?
-- Grain       one pair of updates of one workload on one host, each kernel into itself, the best known pair first
-- Columns     step_count is how many steps both recordings time; unlike_pages is by how many pages the two differ in what
--             preserving moves out of scratch, which is chance and not the kernel's
-- Units       the last word of each name
-- Parameters  none
SELECT
  pair_index, older_name, older_kernel, newer_name, newer_kernel, older_blackout_ns, newer_blackout_ns, step_count,
  unlike_pages
FROM kernel_pair
ORDER BY pair_index;
