-- Question    Which factors matter, and which of them act in curves or together with others?
-- Grain       an axis or an uncertain input with an estimate, the one with the largest mean size of effect first
-- Columns     mu_star is the mean size of the elementary effects on the blackout, with its 95 % interval, mu their mean, sigma
--             their standard deviation; assumed where nobody measured the input
-- Units       the last word of each name
-- Parameters  none
SELECT
  row_number() OVER (ORDER BY mu_star_ns DESC, morris.name) - 1 AS row_index,
  morris.name AS factor_name, factor::VARCHAR AS factor_kind, coalesce(assumed, false) AS assumed,
  mu_ns::BIGINT AS mu_ns, mu_star_ns::BIGINT AS mu_star_ns,
  coalesce(mu_star_low_ns, mu_star_ns)::BIGINT AS mu_star_low_ns, coalesce(mu_star_high_ns, mu_star_ns)::BIGINT AS mu_star_high_ns,
  sigma_ns::BIGINT AS sigma_ns, used_count, left_out_count
FROM morris LEFT JOIN input ON morris.factor = 'input' AND input.name = morris.name
WHERE mu_star_ns IS NOT NULL AND sigma_ns IS NOT NULL AND mu_ns IS NOT NULL
ORDER BY row_index;
