-- Question    What does each axis do, all others as the configuration that ranks first has them?
-- Grain       an axis with more than one value, and one of its values
-- Columns     the answer is null where constraints leave the configuration out, or its runs have none; scale_kind is how the
--             values lie: log, linear, or ordinal where one is no number; is_chosen marks the value of the configuration that
--             ranks first; span_ns is by how much the axis moves the median blackout; where all axes move together (a paired
--             plan) there is one such axis, named by all of them; value_count is how many values the axis has, shown or not
-- Units       the last word of each name; value is in what unit says
-- Parameters  value_limit: of an axis with more values about so many, its ends and the value of what ranks first among them
WITH chosen AS (
  SELECT axis_index, value_index AS chosen_index
  FROM setting JOIN configuration_answer USING (configuration_index)
  WHERE rank_index = 0
),
differing AS (
  SELECT
    setting.configuration_index,
    count(*) FILTER (setting.value_index <> chosen_index) AS differing_count,
    any_value(setting.axis_index) FILTER (setting.value_index <> chosen_index) AS axis_index,
    min(setting.value_index) = max(setting.value_index) AS is_paired
  FROM setting JOIN chosen USING (axis_index)
  GROUP BY setting.configuration_index
),
plan AS (
  SELECT
    (SELECT count(*) FROM axis) > 1 AND count(*) > 1 AND bool_and(is_paired)
      AND count(*) FILTER (differing_count = 1) = 0 AS is_paired,
    (SELECT string_agg(key, ' + ' ORDER BY axis_index) FROM axis) AS keys
  FROM differing
),
member AS (
  SELECT axis.axis_index, differing.configuration_index
  FROM differing CROSS JOIN plan
  JOIN axis ON differing.differing_count = 0 OR axis.axis_index = differing.axis_index AND differing.differing_count = 1
  WHERE NOT plan.is_paired
  UNION ALL
  SELECT 0, configuration_index FROM differing CROSS JOIN plan WHERE plan.is_paired
),
value_of AS (
  SELECT DISTINCT
    axis_index, value_index, axis_key, axis_name, unit,
    CASE WHEN plan.is_paired THEN configuration.label ELSE value_label END AS value_label,
    CASE WHEN plan.is_paired THEN NULL ELSE value END AS value
  FROM named_setting JOIN configuration USING (configuration_index) CROSS JOIN plan
  WHERE value_count > 1 AND (NOT plan.is_paired OR axis_index = 0)
),
ladder AS (
  SELECT
    axis_index, value,
    value / nullif(lag(value) OVER value_order, 0) AS step_ratio,
    value - lag(value) OVER value_order AS step_size
  FROM value_of
  WINDOW value_order AS (PARTITION BY axis_index ORDER BY value)
),
scale AS (
  SELECT
    axis_index,
    CASE
      WHEN count(*) <> count(value) THEN 'ordinal'
      WHEN min(value) <= 0 THEN 'linear'
      WHEN max(value) >= 20 * min(value) THEN 'log'
      -- Each value so many times the one before, and the distances unlike.
      WHEN count(*) >= 3 AND max(step_ratio) <= 1.05 * min(step_ratio) AND max(step_size) > 1.05 * min(step_size) THEN 'log'
      ELSE 'linear'
    END AS scale_kind
  FROM ladder
  GROUP BY axis_index
),
answered AS (
  SELECT
    value_of.*, scale_kind, plan.is_paired, plan.keys,
    coalesce(value_of.value_index = chosen_index, false) AS is_chosen,
    answer.configuration_index, answer.is_feasible, answer.overhead_bytes, answer.slo_quantile_ns,
    answer.blackout_p5_ns::BIGINT AS blackout_p5_ns,
    answer.blackout_p50_ns::BIGINT AS blackout_p50_ns,
    answer.blackout_p95_ns::BIGINT AS blackout_p95_ns
  FROM value_of
  CROSS JOIN plan
  JOIN scale USING (axis_index)
  LEFT JOIN chosen USING (axis_index)
  LEFT JOIN (
    SELECT member.axis_index, setting.value_index, configuration_answer.*
    FROM member
    JOIN setting USING (axis_index, configuration_index)
    JOIN configuration_answer USING (configuration_index)
  ) AS answer USING (axis_index, value_index)
)
SELECT
  axis_index,
  CASE WHEN is_paired THEN keys ELSE axis_key END AS axis_key,
  CASE WHEN is_paired THEN 'together' ELSE axis_name END AS axis_name,
  unit::VARCHAR AS unit, scale_kind, value_index, value_label, value, is_chosen, configuration_index, is_feasible,
  blackout_p5_ns, blackout_p50_ns, blackout_p95_ns, slo_quantile_ns, overhead_bytes,
  max(blackout_p50_ns) OVER axis_part - min(blackout_p50_ns) OVER axis_part AS span_ns,
  count(*) OVER axis_part AS value_count
FROM answered
WINDOW
  axis_part AS (PARTITION BY axis_index),
  value_order AS (PARTITION BY axis_index ORDER BY value, value_index)
QUALIFY
  is_chosen OR value_count <= $value_limit::INTEGER OR row_number() OVER value_order = value_count
  OR (row_number() OVER value_order - 1) % ceil(value_count / $value_limit::DOUBLE) = 0
ORDER BY axis_index, value, value_index;
