-- Question    How long does the new kernel take to reserve what is preserved, by how that lies?
-- Grain       one update
-- Columns     lone_count is the number of folios that, each of them alone, would make the kernel step over as many
--             regions: n (n - 1); error_ratio is above 0 where the prediction is too long
-- Units       the last word of each name
-- Parameters  none
SELECT
  update_name, kernel_to, scattered, key_count, region_count,
  floor(0.5 + sqrt(0.25 + region_visit_count))::BIGINT AS lone_count,
  compared_step.predicted_ns, compared_step.low_ns, compared_step.high_ns, compared_step.recorded_ns,
  compared_step.error_ratio
FROM compared_step JOIN (SELECT update_index, scattered, key_count, region_count, region_visit_count FROM update)
  USING (update_index)
WHERE span = 'reserve'
ORDER BY kernel_to, lone_count, update_index;
