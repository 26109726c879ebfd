-- Question    When does each phase of the update begin and how long does it take?
-- Grain       one phase, in the order of time
-- Columns     offsets count from the start of the blackout; low_ns and high_ns are the length at either end of the
--             constants' ranges; blackout_ratio is the phase's share of the blackout, null outside it
-- Units       the last word of each name
-- Parameters  none
SELECT
  phase.phase,
  phase.start_ns - blackout.start_ns AS start_offset_ns,
  phase.end_ns - blackout.start_ns AS end_offset_ns,
  phase.end_ns - phase.start_ns AS phase_ns,
  phase.low_ns,
  phase.high_ns,
  phase.in_blackout,
  CASE
    WHEN phase.in_blackout AND blackout.blackout_ns > 0
      THEN (phase.end_ns - phase.start_ns)::DOUBLE / blackout.blackout_ns
  END AS blackout_ratio,
  (SELECT count(*) FROM step WHERE step.phase = phase.phase) AS step_count
FROM phase CROSS JOIN blackout
ORDER BY phase.start_ns, phase.end_ns, phase.phase;
