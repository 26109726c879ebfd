-- Question    What is each step of a length made of, here and there?
-- Grain       one constant of one step, the largest changes first; a step without constants once
-- Columns     cause is the constant, cause_per what it is paid for and by which kernel functions; those of a step that is missing on one side are 0 there
-- Units       the last word of each name
-- Parameters  waterfall_index: -1 is the usual one: that of the largest change for the worse; step_limit, cause_limit: most
--             steps, and most constants of a step
WITH shown AS (
  SELECT waterfall_index
  FROM ranked_waterfall
  WHERE CASE
    WHEN $waterfall_index::INTEGER >= 0 THEN waterfall_index = $waterfall_index::INTEGER
    ELSE order_index = 0
  END
),
cause AS (
  SELECT
    step_change_index, cost, per || CASE WHEN rule = '' THEN '' ELSE ': ' || rule END AS per, base_ns, new_ns,
    row_number() OVER (PARTITION BY step_change_index ORDER BY abs(new_ns - base_ns) DESC, rowid) AS position
  FROM cause_change
)
SELECT
  phase, step, caused_step.base_ns, caused_step.new_ns, delta_ns, share_ratio,
  cause.cost AS cause, cause.per AS cause_per, cause.base_ns AS cause_base_ns, cause.new_ns AS cause_new_ns
FROM caused_step
SEMI JOIN shown USING (waterfall_index)
LEFT JOIN cause ON cause.step_change_index = caused_step.step_change_index AND position <= $cause_limit::INTEGER
WHERE order_index < $step_limit::INTEGER
ORDER BY order_index, position;
