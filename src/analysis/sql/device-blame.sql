-- Question    Which device costs the blackout how much time, and in which step?
-- Grain       a stretch of the blackout in which a step of one device runs without a break; devices of VMs that share kind
--             and name stand together
-- Columns     rank_index orders the devices, the one with most time on the clock first; step_name is the lifecycle's;
--             offsets count from the blackout's start; busy_ns is the sum over its steps, more than its length where some run
--             side by side; device_clock_ns is the time on the clock in which any step of the device runs, all_clock_ns that of
--             any device
-- Units       the last word of each name
-- Parameters  device_limit: those with the most time
WITH device_step AS (
  SELECT
    -- The step's detail begins with the device's kind and name; what the kernel does to it follows.
    regexp_replace(detail, '(: vfio_pci freeze\(\)| \((preserved|emulated|shutdown)\))', '', 'g') AS device_name,
    step_name, start_offset_ns, end_offset_ns
  FROM step_timeline
  WHERE in_blackout AND step_name IN ('reset-device', 'shutdown-device', 'probe-device', 'attach-devices')
),
-- A stretch goes on until a step begins after all before it have ended; each of the three groups has stretches of its own.
numbered AS (
  SELECT
    *,
    start_offset_ns > max(end_offset_ns) OVER (PARTITION BY device_name, step_name ORDER BY start_offset_ns, end_offset_ns
      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS breaks_step,
    greatest(0, end_offset_ns - greatest(start_offset_ns, coalesce(max(end_offset_ns) OVER (
      PARTITION BY device_name ORDER BY start_offset_ns, end_offset_ns ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ), start_offset_ns))) AS fresh_of_device_ns,
    greatest(0, end_offset_ns - greatest(start_offset_ns, coalesce(max(end_offset_ns) OVER (
      ORDER BY start_offset_ns, end_offset_ns, device_name ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ), start_offset_ns))) AS fresh_ns
  FROM device_step
),
stretch AS (
  SELECT
    *,
    count(*) FILTER (breaks_step) OVER (PARTITION BY device_name, step_name ORDER BY start_offset_ns, end_offset_ns
      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS stretch_index
  FROM numbered
),
device_sum AS (
  SELECT
    device_name, sum(fresh_of_device_ns)::BIGINT AS device_clock_ns,
    row_number() OVER (ORDER BY sum(fresh_of_device_ns) DESC, device_name) - 1 AS rank_index
  FROM numbered
  GROUP BY device_name
)
SELECT
  rank_index, device_name, step_name,
  min(start_offset_ns) AS start_offset_ns,
  max(end_offset_ns) AS end_offset_ns,
  sum(end_offset_ns - start_offset_ns)::BIGINT AS busy_ns,
  count(*) AS step_count,
  any_value(device_clock_ns) AS device_clock_ns,
  (SELECT sum(fresh_ns)::BIGINT FROM numbered) AS all_clock_ns,
  (SELECT count(*) FROM device_sum) AS device_count
FROM stretch JOIN device_sum USING (device_name)
WHERE rank_index < $device_limit::INTEGER
GROUP BY rank_index, device_name, step_name, stretch_index
ORDER BY rank_index, start_offset_ns, step_name;
