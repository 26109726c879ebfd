-- Question    How near do predictions come to what was recorded, in one row?
-- Grain       the comparison
-- Columns     median_ratio and worst_ratio are errors of the blackout's length, the first without its sign; unseen are
--             updates that the profile was not fitted to; inside means inside a 90 % interval; traced updates are in
--             update_count and traced_count only
-- Units       the last word of each name
-- Parameters  none
WITH blackout AS (
  SELECT *, CASE WHEN is_negligible THEN 0 ELSE error_ratio END AS counted_ratio
  FROM compared_quantity
  WHERE quantity = 'blackout'
),
worst AS (
  SELECT update_name, error_ratio FROM blackout
  WHERE NOT is_negligible
  ORDER BY abs(error_ratio) DESC, update_index LIMIT 1
)
SELECT
  (SELECT count(*) FROM recording) AS recording_count,
  (SELECT count(*) FROM update) AS update_count,
  (SELECT count(*) FROM update WHERE traced) AS traced_count,
  (SELECT count(*) FROM update WHERE NOT traced AND NOT fitted) AS unseen_count,
  (SELECT count(*) FROM blackout) AS blackout_count,
  (SELECT median(abs(counted_ratio)) FROM blackout) AS median_ratio,
  (SELECT count(*) FROM blackout WHERE NOT fitted) AS unseen_blackout_count,
  (SELECT median(abs(counted_ratio)) FROM blackout WHERE NOT fitted) AS unseen_median_ratio,
  worst.error_ratio AS worst_ratio,
  worst.update_name AS worst_name,
  (SELECT count(*) FROM compared_step) AS step_count,
  (SELECT count(*) FROM compared_step WHERE is_inside) AS inside_step_count,
  (SELECT count(*) FROM compared_quantity) AS quantity_count,
  (SELECT count(*) FROM compared_quantity WHERE is_inside) AS inside_quantity_count,
  comparison.profile_name,
  comparison.profile_sha256,
  comparison.luoscope_version
FROM comparison LEFT JOIN worst ON true;
