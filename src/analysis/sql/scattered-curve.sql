-- Question    What does the model say of scattered folios, however many?
-- Grain       one number of lone folios, for each kernel into which scattered folios were recorded; $point_count intervals
-- Columns     curve_ns is n (n - 1) times the price of stepping over a region, and what the scattered updates pay for
--             everything else in that step, in the median
-- Units       the last word of each name
-- Parameters  point_count
WITH scattered_step AS (
  SELECT
    compared_step.step_index, compared_step.kernel_to, compared_step.predicted_ns, update.region_visit_count
  FROM compared_step JOIN update USING (update_index)
  WHERE compared_step.span = 'reserve' AND update.scattered
),
price AS (
  SELECT
    kernel_to,
    median(unit_ns) AS visit_ns,
    median(predicted_ns - total_ns) AS other_ns,
    max(0.5 + sqrt(0.25 + region_visit_count)) AS most_count
  FROM scattered_step JOIN cost_term USING (step_index)
  WHERE cost = 'visitRegionNs'
  GROUP BY kernel_to
),
grid AS (
  SELECT *, floor(most_count * part / $point_count::INTEGER) AS lone_count
  FROM price CROSS JOIN range($point_count::INTEGER + 1) AS parts(part)
)
SELECT
  kernel_to,
  lone_count::BIGINT AS lone_count,
  round(other_ns + greatest(0, lone_count * (lone_count - 1)) * visit_ns)::BIGINT AS curve_ns
FROM grid
ORDER BY kernel_to, lone_count;
