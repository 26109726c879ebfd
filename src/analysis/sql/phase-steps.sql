-- Question    What do the phases wait for, and what is that made of?
-- Grain       one constant of one step of one phase; a step without constants has one row
-- Columns     step_ns is what the phase waits for in the step; cost_ns its part of that: what the constant makes of all
--             pieces of the step, by the share of them that is waited for
-- Units       the last word of each name
-- Parameters  none
WITH term AS (
  SELECT step.phase, step.name AS step, cost_term.cost, sum(cost_term.total_ns) AS total_ns
  FROM step JOIN cost_term USING (step_index)
  GROUP BY ALL
),
step_sum AS (SELECT phase, step, sum(total_ns) AS total_ns FROM term GROUP BY ALL)
SELECT
  phase_step.phase::VARCHAR AS phase,
  phase_step.step,
  phase_step.step_ns,
  term.cost AS cost_name,
  cost.per,
  -- Pieces side by side are paid at once.
  term.total_ns * phase_step.step_ns / nullif(step_sum.total_ns, 0) AS cost_ns
FROM phase_step
LEFT JOIN term USING (phase, step)
LEFT JOIN step_sum USING (phase, step)
LEFT JOIN cost USING (cost)
ORDER BY phase_step.phase, step_ns DESC, phase_step.step, cost_ns DESC, cost_name;
