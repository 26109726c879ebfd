-- Question    What is uncertain, and what does that rest on?
-- Grain       an uncertain input of the plan's scenario, the one that moves its blackout most first
-- Columns     low, base and high are its own values, in what unit says; swing_ns is by how much it moves the blackout alone, null
--             without such runs
-- Units       the last word of each name
-- Parameters  none
SELECT
  input.name AS input_name, target::VARCHAR AS target, unit::VARCHAR AS unit, distribution, low, base, high, per, assumed, source,
  (greatest(low_ns, high_ns, base_ns) - least(low_ns, high_ns, base_ns))::BIGINT AS swing_ns
FROM input LEFT JOIN tornado USING (name)
ORDER BY swing_ns DESC NULLS LAST, input_index;
