-- Question    Which steps decide how long the blackout is?
-- Grain       one step of the chain, in the order of time: before each comes the step that ended last before it began
-- Columns     took_ns and gap_before_ns of all rows and gap_after_ns of the last one add up to the blackout exactly;
--             gap_after_ns is 0 but on the last row. gap_name says what the gap before is where the run knows it; kernel
--             is old or new; vm_index and vm_name are null for a step of the whole host, device_names for one of no
--             device; offsets count from the start of the blackout; low_ns and high_ns are took_ns with every constant
--             at that end
-- Units       the last word of each name
-- Parameters  none
WITH placed AS (
  SELECT *, lag(phase) OVER (ORDER BY chain_index) AS previous_phase FROM critical_chain
)
SELECT
  chain_index, step_index, step_name, placed.phase, kernel, vm_index, vm_name, device_names,
  start_ns, start_offset_ns, took_ns, low_ns, high_ns,
  gap_before_ns,
  CASE WHEN gap_before_ns > 0 THEN phase_step.step END AS gap_name,
  CASE WHEN lead(chain_index) OVER (ORDER BY chain_index) IS NULL THEN gap_after_ns ELSE 0 END AS gap_after_ns,
  detail
FROM placed
LEFT JOIN step_device USING (step_index)
-- The model knows one gap: workers are done and others still queue at a lock. It has that length, and ends its stage.
LEFT JOIN phase_step
  ON phase_step.phase IN (placed.phase, previous_phase)
  AND phase_step.step = 'wait-for-lock'
  AND phase_step.step_ns = gap_before_ns
ORDER BY chain_index;
