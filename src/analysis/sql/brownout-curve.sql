-- Question    How fast is each VM after its resume, over time?
-- Grain       one stretch of time after the resume, VM and mapping; at most $point_limit stretches each
-- Columns     offsets count from the VM's resume; lost_ratio is the share of the time in which faults of first touches
--             hold the guest up, speed_ratio the rest; mapping: as its folios are, or as if each 4 KiB page were mapped
--             alone
-- Units       the last word of each name
-- Parameters  point_limit
WITH numbered AS (
  SELECT
    vm_index, mapping, start_ns, end_ns, lost_ns, fault_count,
    row_number() OVER (PARTITION BY vm_index, mapping ORDER BY start_ns, end_ns) - 1 AS tick_index,
    count(*) OVER (PARTITION BY vm_index, mapping) AS tick_count
  FROM brownout_tick
),
stretch AS (
  SELECT
    vm_index, mapping,
    tick_index // greatest(1, ceil(tick_count / $point_limit::INTEGER)::BIGINT) AS stretch_index,
    min(start_ns) AS start_ns, max(end_ns) AS end_ns, sum(lost_ns) AS lost_ns, sum(fault_count) AS fault_count
  FROM numbered
  GROUP BY ALL
)
SELECT
  vm_index,
  vm.name AS vm_name,
  mapping,
  start_ns - vm.resume_ns AS start_offset_ns,
  end_ns - vm.resume_ns AS end_offset_ns,
  CASE WHEN end_ns > start_ns THEN 1 - lost_ns::DOUBLE / (end_ns - start_ns) ELSE 1 END AS speed_ratio,
  CASE WHEN end_ns > start_ns THEN lost_ns::DOUBLE / (end_ns - start_ns) ELSE 0 END AS lost_ratio,
  fault_count::BIGINT AS fault_count
FROM stretch JOIN vm USING (vm_index)
ORDER BY vm_index, mapping, stretch_index;
