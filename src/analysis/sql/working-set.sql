-- Question    How much memory does each VM use, and how hot is it?
-- Grain       one VM and class of heat
-- Columns     heat_ratio is the least share of an aggregation's samples that found an access, and the class goes up to
--             the next one's; 0 is what no sample found used. Where a source does not say how many samples there were,
--             the most accesses of any region of the VM stand for them. Pages are those of one aggregation
-- Units       the last word of each name
-- Parameters  class_count
WITH heat AS (
  SELECT
    vm_index, time_ns, page_count,
    access_count / greatest(coalesce(sample_count, max(access_count) OVER (PARTITION BY vm_index)), 1) AS heat
  FROM access
),
classed AS (
  SELECT
    vm_index, time_ns, page_count,
    CASE WHEN heat = 0 THEN 0
      ELSE 1 + least(floor(heat * $class_count::INTEGER), $class_count::INTEGER - 1)::INTEGER END AS class_index
  FROM heat
),
aggregation AS (SELECT vm_index, count(DISTINCT time_ns) AS aggregation_count FROM access GROUP BY vm_index),
summed AS (
  SELECT vm_index, class_index, time_ns, sum(page_count)::BIGINT AS pages
  FROM classed GROUP BY vm_index, class_index, time_ns
)
SELECT
  summed.vm_index, vm.name AS vm_name, class_index,
  CASE WHEN class_index = 0 THEN 0 ELSE (class_index - 1) / $class_count::INTEGER END AS heat_ratio,
  sum(pages) / any_value(aggregation_count) AS mean_pages,
  max(pages) AS most_pages,
  any_value(aggregation_count) AS aggregation_count
FROM summed
JOIN aggregation USING (vm_index)
LEFT JOIN vm ON summed.vm_index = vm.vm_index
GROUP BY summed.vm_index, vm.name, class_index
ORDER BY summed.vm_index, class_index;
