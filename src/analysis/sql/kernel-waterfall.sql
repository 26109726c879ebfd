-- Question    Which steps make the same update shorter or longer under a newer kernel?
-- Grain       one step of the pair, and before and behind all steps the sums, in the blackout and outside it
-- Columns     row_kind is older (its sum), step, rest (what no step explains) or newer (its sum); older_ns and newer_ns are
--             recorded, 0 where the step is not paid; from start_ns to end_ns reaches the bar: from 0 for a sum, else from
--             what the steps before leave; predicted_end_ns is where it would end as predicted; cost_name is the
--             constant that is predicted to make most of a step's change, and cost_change_ns what it makes
-- Units       the last word of each name
-- Parameters  pair_index
WITH pair AS (SELECT * FROM kernel_pair WHERE pair_index = $pair_index::INTEGER),
placed AS (
  SELECT *, row_number() OVER (PARTITION BY update_index ORDER BY step_index) AS position FROM step
),
merged AS (
  SELECT
    -- The longer name has what one of the kernels does not do.
    CASE WHEN length(older.name) > coalesce(length(newer.name), 0) THEN older.name ELSE newer.name END AS step_name,
    older.step_index AS older_step, newer.step_index AS newer_step,
    coalesce(newer.phase, older.phase) AS phase,
    coalesce(newer.position, older.position) AS position,
    coalesce(newer.span, older.span) AS span,
    -- Not there is not paid; there and not recorded is not known.
    CASE WHEN older.span IS NULL THEN 0 ELSE older.recorded_ns END AS older_ns,
    CASE WHEN newer.span IS NULL THEN 0 ELSE newer.recorded_ns END AS newer_ns,
    coalesce(older.predicted_ns, 0) AS older_predicted_ns,
    coalesce(newer.predicted_ns, 0) AS newer_predicted_ns
  FROM (SELECT placed.* FROM placed JOIN pair ON update_index = older_index) AS older
  FULL JOIN (SELECT placed.* FROM placed JOIN pair ON update_index = newer_index) AS newer USING (span)
),
term AS (
  SELECT span, cost, sum(change_ns) AS change_ns
  FROM (
    SELECT merged.span, cost_term.cost, -cost_term.total_ns AS change_ns
    FROM merged JOIN cost_term ON cost_term.step_index = merged.older_step
    UNION ALL
    SELECT merged.span, cost_term.cost, cost_term.total_ns
    FROM merged JOIN cost_term ON cost_term.step_index = merged.newer_step
  )
  GROUP BY span, cost
),
main_term AS (
  SELECT span, cost AS cost_name, round(change_ns)::BIGINT AS cost_change_ns
  FROM term
  WHERE abs(change_ns) >= 0.5
  QUALIFY row_number() OVER (PARTITION BY span ORDER BY abs(change_ns) DESC, cost) = 1
),
known AS (
  SELECT
    merged.*, cost_name, cost_change_ns, phase IN ('serialize', 'kexec', 'restore') AS in_blackout, newer_ns - older_ns AS change_ns,
    newer_predicted_ns - older_predicted_ns AS predicted_change_ns
  FROM merged LEFT JOIN main_term USING (span)
  WHERE older_ns IS NOT NULL AND newer_ns IS NOT NULL
),
-- The blackout is recorded as a whole; outside it there are only the steps.
total AS (
  SELECT true AS in_blackout, older_blackout_ns AS older_ns, newer_blackout_ns AS newer_ns FROM pair
  UNION ALL
  SELECT false, sum(older_ns), sum(newer_ns) FROM known WHERE NOT in_blackout HAVING count(*) > 0
),
predicted AS (
  SELECT
    true AS in_blackout,
    (SELECT predicted_ns FROM quantity WHERE update_index = older_index AND quantity = 'blackout') AS older_ns,
    (SELECT predicted_ns FROM quantity WHERE update_index = newer_index AND quantity = 'blackout') AS newer_ns
  FROM pair
  UNION ALL
  SELECT false, sum(older_predicted_ns), sum(newer_predicted_ns) FROM known WHERE NOT in_blackout HAVING count(*) > 0
),
stepwise AS (
  SELECT
    known.*,
    total.older_ns + sum(change_ns) OVER (PARTITION BY known.in_blackout ORDER BY position, span) AS end_ns
  FROM known JOIN total USING (in_blackout)
),
rest AS (
  SELECT in_blackout, total.newer_ns - (total.older_ns + sum(change_ns)) AS change_ns, any_value(total.newer_ns) AS end_ns
  FROM known JOIN total USING (in_blackout)
  GROUP BY in_blackout, total.older_ns, total.newer_ns
),
line AS (
  SELECT
    in_blackout, 0 AS line_order, 0 AS position, 'older' AS row_kind, NULL AS phase, pair.older_kernel AS step_name,
    total.older_ns, NULL AS newer_ns, 0 AS start_ns, total.older_ns AS end_ns, predicted.older_ns AS predicted_end_ns,
    NULL AS cost_name, NULL AS cost_change_ns
  FROM total CROSS JOIN pair LEFT JOIN predicted USING (in_blackout)
  UNION ALL
  SELECT
    in_blackout, 1, position, 'step', phase::VARCHAR, step_name, older_ns, newer_ns, end_ns - change_ns, end_ns,
    end_ns - change_ns + predicted_change_ns, cost_name, cost_change_ns
  FROM stepwise
  UNION ALL
  SELECT in_blackout, 2, 0, 'rest', NULL, 'not in a step', NULL, NULL, end_ns - change_ns, end_ns, NULL, NULL, NULL
  FROM rest
  WHERE change_ns <> 0
  UNION ALL
  SELECT
    in_blackout, 3, 0, 'newer', NULL, pair.newer_kernel, NULL, total.newer_ns, 0, total.newer_ns, predicted.newer_ns,
    NULL, NULL
  FROM total CROSS JOIN pair LEFT JOIN predicted USING (in_blackout)
)
SELECT
  row_number() OVER (ORDER BY in_blackout DESC, line_order, position, step_name) - 1 AS row_index,
  in_blackout, row_kind, phase, step_name, older_ns, newer_ns, start_ns, end_ns, predicted_end_ns,
  cost_name, cost_change_ns, pair.older_name, pair.newer_name
FROM line CROSS JOIN pair
ORDER BY row_index;
