-- Question    What does each VM lose after its resume, and when is it as fast as before?
-- Grain       one VM that stands for its copies, and mapping
-- Columns     lost_ns is the area between full speed and the curve; slowest_ratio the slowest tick's speed;
--             full_speed_ns from the resume to the end of the last tick slower than 99 %
-- Units       the last word of each name
-- Parameters  none
SELECT
  vm_index,
  vm.name AS vm_name,
  mapping,
  sum(fault_count)::BIGINT AS fault_count,
  sum(lost_ns)::BIGINT AS lost_ns,
  min(CASE WHEN end_ns > start_ns THEN 1 - lost_ns::DOUBLE / (end_ns - start_ns) ELSE 1 END) AS slowest_ratio,
  coalesce(max(end_ns) FILTER (lost_ns > 0.01 * (end_ns - start_ns)) - any_value(vm.resume_ns), 0) AS full_speed_ns
FROM brownout_tick JOIN vm USING (vm_index)
GROUP BY vm_index, vm_name, mapping
ORDER BY vm_index, mapping;
