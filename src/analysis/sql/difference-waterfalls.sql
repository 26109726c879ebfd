-- Question    Which lengths differ that can be taken apart by steps, and which step changes each most?
-- Grain       one length of one side, the one that a report draws first
-- Columns     step_ratio is the step's share of the difference; unexplained_ratio is what no step explains of it
-- Units       the last word of each name
-- Parameters  waterfall_limit
SELECT
  ranked_waterfall.waterfall_index, side_label, metric, label, ranked_waterfall.base_ns, ranked_waterfall.new_ns,
  ranked_waterfall.delta_ns, phase, step, caused_step.delta_ns AS step_delta_ns, share_ratio AS step_ratio,
  rest_ns / nullif(ranked_waterfall.delta_ns, 0) AS unexplained_ratio
FROM ranked_waterfall
LEFT JOIN caused_step ON caused_step.waterfall_index = ranked_waterfall.waterfall_index AND caused_step.order_index = 0
WHERE ranked_waterfall.order_index < $waterfall_limit::INTEGER
ORDER BY ranked_waterfall.order_index;
