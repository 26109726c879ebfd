-- Question    Which constants of the profile does the time rest on?
-- Grain       one constant that a step paid
-- Columns     unit_ns and its range as in the profile; unit_count how often it was paid; blackout_ns what it adds up to
--             in steps of the blackout phases, other_ns in the rest; blackout_ratio its share of all blackout_ns, null
--             if that is 0. Steps of VMs may run side by side, so sums can exceed the time on the clock
-- Units       the last word of each name
-- Parameters  none
WITH paid AS (
  SELECT
    cost_term.cost,
    sum(unit_count::DECIMAL(30, 3)) AS unit_count,
    -- Decimals, since the sum of doubles depends on the order of the rows and a report must not.
    coalesce(sum(total_ns::DECIMAL(30, 3)) FILTER (in_blackout), 0) AS blackout_ns,
    coalesce(sum(total_ns::DECIMAL(30, 3)) FILTER (NOT in_blackout), 0) AS other_ns,
    min(cost_term.unit_ns) AS unit_ns,
    min(cost_term.source) AS source,
    bool_or(cost_term.assumed) AS assumed
  FROM cost_term JOIN step_timeline USING (step_index)
  GROUP BY cost_term.cost
)
SELECT
  paid.cost AS cost_name,
  cost.per,
  paid.unit_ns,
  cost.low_ns AS unit_low_ns,
  cost.high_ns AS unit_high_ns,
  paid.unit_count::DOUBLE AS unit_count,
  paid.blackout_ns::DOUBLE AS blackout_ns,
  paid.other_ns::DOUBLE AS other_ns,
  CASE WHEN sum(paid.blackout_ns) OVER () > 0
    THEN paid.blackout_ns::DOUBLE / (sum(paid.blackout_ns) OVER ())::DOUBLE END AS blackout_ratio,
  paid.source,
  paid.assumed
FROM paid LEFT JOIN cost ON cost.cost = paid.cost
ORDER BY paid.blackout_ns DESC, paid.other_ns DESC, paid.cost;
