-- Question    What memory does the update hold when?
-- Grain       a stretch of time in which a group of overhead keeps its size, the highest in it; from the update's first step to its last
-- Columns     overhead_group as in overhead-by-kind; offsets count from the blackout's start. Scratch is reserved from boot on.
--             A VM's metadata is there from where its last step of preserving ends to where its last of finish does; what all
--             share, from the first step of preserving to the last of finish. The loaded kexec image is held from where it is
--             loaded until it is the kernel that runs; the transient peak, while memory is preserved
-- Units       the last word of each name
-- Parameters  slot_count: a change within so many parts of the update's time is one
WITH span AS (
  SELECT min(start_ns) AS start_ns, max(end_ns) FILTER (phase IN ('preserve', 'freeze', 'serialize', 'kexec', 'restore', 'finish')) AS end_ns
  FROM step
),
border AS (
  SELECT
    coalesce(min(start_ns) FILTER (phase = 'preserve'), any_value(span_start_ns)) AS preserve_start_ns,
    coalesce(max(end_ns) FILTER (phase = 'preserve'), any_value(span_start_ns)) AS preserve_end_ns,
    coalesce(min(start_ns) FILTER (phase = 'kexec'), any_value(span_end_ns)) AS kexec_start_ns,
    coalesce(max(end_ns) FILTER (phase = 'finish'), any_value(span_end_ns)) AS finish_end_ns
  FROM step CROSS JOIN (SELECT start_ns AS span_start_ns, end_ns AS span_end_ns FROM span)
),
of_vm AS (
  SELECT
    vm_index,
    max(end_ns) FILTER (phase = 'preserve') AS preserved_ns,
    max(end_ns) FILTER (phase = 'finish') AS finished_ns
  FROM step
  WHERE vm_index IS NOT NULL
  GROUP BY vm_index
),
loaded AS (SELECT max(end_ns) AS loaded_ns FROM step WHERE name = 'load-kexec'),
memory_step AS (
  SELECT min(start_ns) AS first_ns, max(end_ns) AS last_ns
  FROM step
  WHERE phase = 'preserve' AND vm_index IS NOT NULL
),
held AS (
  SELECT
    overhead_group, overhead_bytes,
    CASE
      WHEN kind = 'scratch' THEN span.start_ns
      WHEN kind = 'kexec-image' THEN coalesce(loaded_ns, preserve_end_ns)
      WHEN kind = 'transient-peak' THEN coalesce(first_ns, preserve_start_ns)
      ELSE coalesce(preserved_ns, preserve_start_ns)
    END AS from_ns,
    CASE
      WHEN kind = 'scratch' THEN span.end_ns
      WHEN kind = 'kexec-image' THEN kexec_start_ns
      WHEN kind = 'transient-peak' THEN coalesce(last_ns, preserve_end_ns)
      ELSE coalesce(finished_ns, finish_end_ns)
    END AS to_ns
  FROM overhead_grouped LEFT JOIN of_vm USING (vm_index)
  CROSS JOIN border CROSS JOIN span CROSS JOIN loaded CROSS JOIN memory_step
  WHERE overhead_bytes > 0
),
change AS (
  SELECT overhead_group, at_ns, sum(change_bytes) AS change_bytes
  FROM (
    SELECT overhead_group, from_ns AS at_ns, overhead_bytes AS change_bytes FROM held WHERE to_ns > from_ns
    UNION ALL
    SELECT overhead_group, to_ns, -overhead_bytes FROM held WHERE to_ns > from_ns
  )
  GROUP BY overhead_group, at_ns
),
level AS (
  SELECT
    overhead_group, at_ns,
    sum(change_bytes) OVER (PARTITION BY overhead_group ORDER BY at_ns) AS overhead_bytes,
    (at_ns - span.start_ns) * $slot_count::INTEGER // greatest(1, span.end_ns - span.start_ns) AS slot_index
  FROM change CROSS JOIN span
),
-- Many VMs change the sum many times in a moment that nobody can see: of each slot its highest level.
slot AS (
  SELECT overhead_group, min(at_ns) AS start_ns, max(overhead_bytes) AS overhead_bytes
  FROM level
  GROUP BY overhead_group, slot_index
),
-- The last change of a group takes it to nothing, even where its slot has been higher.
last_change AS (SELECT overhead_group, max(at_ns) AS end_ns FROM change GROUP BY overhead_group),
stretch AS (
  SELECT
    slot.*,
    coalesce(lead(start_ns) OVER (PARTITION BY overhead_group ORDER BY start_ns), last_change.end_ns) AS end_ns
  FROM slot JOIN last_change USING (overhead_group)
)
SELECT
  overhead_group,
  stretch.start_ns - blackout.start_ns AS start_offset_ns,
  stretch.end_ns - blackout.start_ns AS end_offset_ns,
  overhead_bytes::BIGINT AS overhead_bytes
FROM stretch CROSS JOIN blackout
WHERE stretch.end_ns > stretch.start_ns AND overhead_bytes > 0
ORDER BY overhead_group, stretch.start_ns;
