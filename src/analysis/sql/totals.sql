-- Question    How long does the update take, by what becomes of the VMs and by kernel?
-- Grain       one total: preserve, blackout, after (finish and brownout, which go on beside each other), whole; then what
--             the blackout's critical chain spends in the old kernel, in the new kernel, and in gaps
-- Columns     start_offset_ns counts from the start of the blackout, null for a sum of pieces; low_ns and high_ns are the
--             length with every constant at that end, null where only one length is known. A run without phases has
--             no totals
-- Units       the last word of each name
-- Parameters  none
WITH span AS (
  SELECT 0 AS total_index, 'preserve' AS total_name, phase.* FROM phase WHERE phase = 'preserve'
  UNION ALL
  SELECT 1, 'blackout', phase.* FROM phase WHERE in_blackout
  UNION ALL
  SELECT 2, 'after', phase.* FROM phase WHERE phase IN ('finish', 'brownout')
  UNION ALL
  SELECT 3, 'whole', phase.* FROM phase
),
chain AS (
  SELECT
    coalesce(sum(took_ns) FILTER (kernel = 'old'), 0)::BIGINT AS old_ns,
    coalesce(sum(took_ns) FILTER (kernel = 'new'), 0)::BIGINT AS new_ns
  FROM critical_chain
),
total AS (
  SELECT
    total_name,
    min(span.start_ns) - any_value(blackout.start_ns) AS start_offset_ns,
    max(span.end_ns) - min(span.start_ns) AS total_ns,
    CASE WHEN total_index < 2 THEN sum(low_ns)::BIGINT END AS low_ns,
    CASE WHEN total_index < 2 THEN sum(high_ns)::BIGINT END AS high_ns,
    total_index
  FROM span CROSS JOIN blackout
  GROUP BY total_index, total_name
  UNION ALL
  SELECT part.total_name, NULL, part.total_ns, NULL, NULL, part.total_index
  FROM chain CROSS JOIN blackout CROSS JOIN LATERAL (
    VALUES (4, 'old-kernel', old_ns), (5, 'new-kernel', new_ns), (6, 'gaps', blackout_ns - old_ns - new_ns)
  ) AS part (total_index, total_name, total_ns)
  WHERE EXISTS (FROM phase)
)
SELECT total_name, start_offset_ns, total_ns, low_ns, high_ns FROM total ORDER BY total_index;
