-- Question    What takes longest in the update?
-- Grain       one group of one way of grouping: grouped_by is step (of a phase), phase, vm, device or constant. The same
--             time stands once in each way, so the ways are not to be added up
-- Columns     busy_ns is what the group's pieces take, one beside another counted twice; in the brownout, in which guests
--             run, the time of their faults alone. waited_ns is how long pieces whose VM was ready waited for pieces of
--             other VMs, null for constants; critical_ns what of busy_ns is on the critical chain, and blackout_ratio its
--             share of the blackout. group_name is null for what belongs to no VM, device or constant; assumed_ratio is
--             the assumed constants' share of what has constants
-- Units       the last word of each name
-- Parameters  all_phases (0: the blackout alone)
WITH ready AS (
  SELECT
    step_timeline.step_index,
    -- A piece of a VM can run when the VM's one before is done, and all that the whole host waits for. In the brownout
    -- each VM begins when it resumes, before the phase does.
    greatest(0, step_timeline.start_ns - greatest(
      phase.start_ns,
      host.end_ns,
      lag(step_timeline.end_ns) OVER (
        PARTITION BY step_timeline.vm_index, step_timeline.phase
        ORDER BY step_timeline.start_ns, step_timeline.step_index
      )
    )) AS waited_ns
  FROM step_timeline
  JOIN phase ON phase.phase = step_timeline.phase
  ASOF LEFT JOIN (SELECT end_ns FROM step WHERE vm_index IS NULL) AS host ON step_timeline.start_ns >= host.end_ns
  WHERE step_timeline.vm_index IS NOT NULL
),
term AS (
  SELECT
    step_index, cost,
    total_ns::DECIMAL(30, 3) AS total_ns, low_ns::DECIMAL(30, 3) AS low_ns, high_ns::DECIMAL(30, 3) AS high_ns,
    CASE WHEN assumed THEN total_ns ELSE 0 END::DECIMAL(30, 3) AS assumed_ns
  FROM cost_term
),
priced AS (
  SELECT step_index, sum(total_ns) AS priced_ns, sum(assumed_ns) AS assumed_ns FROM term GROUP BY step_index
),
piece AS (
  SELECT
    step_timeline.*, device_names,
    -- Guests run through the brownout, and are busy in their faults alone.
    CASE
      WHEN step_timeline.phase = 'brownout' THEN coalesce(priced_ns, 0)
      ELSE (step_timeline.end_ns - step_timeline.start_ns)::DECIMAL(30, 3)
    END AS busy_ns,
    coalesce(ready.waited_ns, 0) AS waited_ns,
    critical_chain.step_index IS NOT NULL AS is_critical,
    coalesce(priced_ns, 0) AS priced_ns, coalesce(assumed_ns, 0) AS assumed_ns
  FROM step_timeline
  LEFT JOIN ready USING (step_index)
  LEFT JOIN critical_chain USING (step_index)
  LEFT JOIN priced USING (step_index)
  LEFT JOIN step_device USING (step_index)
  WHERE step_timeline.in_blackout OR $all_phases::INTEGER = 1
),
keyed AS (
  SELECT
    unnest(['step', 'phase', 'vm', 'device']) AS grouped_by,
    unnest([step_name, phase::VARCHAR, vm_name, device_names]) AS group_name,
    unnest([phase::VARCHAR, phase::VARCHAR, NULL, NULL]) AS phase,
    unnest([NULL, NULL, vm_index, NULL]) AS vm_index,
    busy_ns, waited_ns, is_critical, low_ns, high_ns, priced_ns, assumed_ns
  FROM piece
  UNION ALL
  SELECT
    'constant', term.cost, NULL, NULL,
    term.total_ns, NULL, is_critical, term.low_ns, term.high_ns, term.total_ns, term.assumed_ns
  FROM piece JOIN term USING (step_index)
  UNION ALL
  -- Physics and the trace take time too, without a constant. Rounding to whole ns is none.
  SELECT
    'constant', NULL, NULL, NULL,
    busy_ns - priced_ns, NULL, is_critical, busy_ns - priced_ns, busy_ns - priced_ns, 0, 0
  FROM piece
  WHERE abs(busy_ns - priced_ns) >= 1
)
SELECT
  grouped_by, group_name, phase, vm_index,
  count(*) AS piece_count,
  sum(busy_ns)::DOUBLE AS busy_ns,
  sum(waited_ns)::BIGINT AS waited_ns,
  coalesce(sum(busy_ns) FILTER (is_critical), 0)::DOUBLE AS critical_ns,
  CASE WHEN any_value(blackout_ns) > 0
    THEN coalesce(sum(busy_ns) FILTER (is_critical), 0)::DOUBLE / any_value(blackout_ns) END AS blackout_ratio,
  sum(low_ns)::DOUBLE AS low_ns,
  sum(high_ns)::DOUBLE AS high_ns,
  CASE WHEN sum(priced_ns) > 0 THEN sum(assumed_ns)::DOUBLE / sum(priced_ns)::DOUBLE END AS assumed_ratio
FROM keyed CROSS JOIN blackout
GROUP BY grouped_by, group_name, keyed.phase, keyed.vm_index
HAVING sum(busy_ns) > 0
ORDER BY grouped_by, sum(busy_ns) DESC, keyed.phase, group_name, keyed.vm_index;
