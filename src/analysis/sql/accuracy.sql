-- Question    How far are predicted quantities off?
-- Grain       one quantity, of the updates that the profile was fitted to and of the others
-- Columns     median_ratio is the error without its sign, worst_ratio has it (above 0 is too long); both count what
--             differs by less than 0.5 ms as met; inside means inside a 90 % interval
-- Units       the last word of each name
-- Parameters  none
SELECT
  quantity,
  fitted,
  count(*) AS update_count,
  count(*) FILTER (is_inside) AS inside_count,
  median(abs(CASE WHEN is_negligible THEN 0 ELSE error_ratio END)) AS median_ratio,
  first(
    CASE WHEN is_negligible THEN 0 ELSE error_ratio END
    ORDER BY is_negligible, abs(error_ratio) DESC, update_index
  ) AS worst_ratio,
  first(update_name ORDER BY is_negligible, abs(error_ratio) DESC, update_index) AS worst_name
FROM compared_quantity
GROUP BY quantity, fitted
ORDER BY quantity, fitted DESC;
