-- Question    Whose doing is the spread of the blackout?
-- Grain       an axis, an uncertain input or all others together, the one with the largest total share first
-- Columns     first is the share of the variance that goes away if the factor becomes known, total what stays if all others
--             become known, each with its 95 % interval; assumed where nobody measured the input
-- Units       the last word of each name
-- Parameters  none
SELECT
  row_number() OVER (ORDER BY total_ratio DESC, sobol.name) - 1 AS row_index,
  sobol.name AS factor_name, factor::VARCHAR AS factor_kind, coalesce(assumed, false) AS assumed,
  first_ratio, coalesce(first_low_ratio, first_ratio) AS first_low_ratio, coalesce(first_high_ratio, first_ratio) AS first_high_ratio,
  total_ratio, coalesce(total_low_ratio, total_ratio) AS total_low_ratio, coalesce(total_high_ratio, total_ratio) AS total_high_ratio,
  used_count, left_out_count
FROM sobol LEFT JOIN input ON sobol.factor = 'input' AND input.name = sobol.name
WHERE first_ratio IS NOT NULL AND total_ratio IS NOT NULL
ORDER BY row_index;
