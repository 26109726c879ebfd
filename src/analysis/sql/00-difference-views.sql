-- Views of a difference: what its questions share.

-- A table and no view: every question starts from it, and it goes over all rows.
CREATE TABLE judged_change AS
WITH cut AS (
  SELECT row_index, side_index, min(waterfall_index) AS waterfall_index
  FROM waterfall
  WHERE row_index IS NOT NULL
  GROUP BY ALL
),
judged AS (
  SELECT
    change.*,
    row.metric, row.label, row.unit, row.polarity, row.is_exact, row.hidden_dimensions,
    side.label AS side_label,
    older.median AS base_median, newer.median AS new_median,
    coalesce(older.sample_count, 0) AS base_sample_count, coalesce(newer.sample_count, 0) AS new_sample_count,
    coalesce(older.failed_count, 0) AS base_failed_count, coalesce(newer.failed_count, 0) AS new_failed_count,
    cut.waterfall_index,
    greatest(row.floor_ratio, CASE WHEN older.median <> 0 THEN row.floor / abs(older.median) END) AS floor_ratio,
    change.verdict NOT IN ('same', 'inconclusive') AS is_changed,
    list_position(
      ['worse', 'did-not-finish', 'only-base', 'only-new', 'different', 'better', 'inconclusive', 'same'],
      change.verdict::VARCHAR
    ) AS verdict_order,
    -- From nothing to something is more than any share.
    CASE
      WHEN delta_ratio IS NOT NULL THEN abs(delta_ratio)
      WHEN delta <> 0 THEN 'infinity'::DOUBLE
      ELSE 0
    END AS change_size
  FROM change
  JOIN row USING (row_index)
  JOIN side USING (side_index)
  LEFT JOIN cell AS older ON older.row_index = change.row_index AND older.side_index = 0
  LEFT JOIN cell AS newer ON newer.row_index = change.row_index AND newer.side_index = change.side_index
  LEFT JOIN cut ON cut.row_index = change.row_index AND cut.side_index = change.side_index
)
SELECT
  *,
  row_number() OVER (ORDER BY verdict_order, change_size DESC, row_index, side_index) - 1 AS rank_index
FROM judged;
COMMENT ON TABLE judged_change IS
  'Every change with its row, its side and both medians; rank_index 0 is the largest change for the worse, what is the same comes last.';

CREATE VIEW ranked_waterfall AS
SELECT
  waterfall.*,
  side.label AS side_label,
  new_ns - base_ns AS delta_ns,
  row_number() OVER (
    ORDER BY verdict_order NULLS LAST, abs(new_ns - base_ns) DESC, waterfall.waterfall_index
  ) - 1 AS order_index
FROM waterfall
JOIN side USING (side_index)
LEFT JOIN (SELECT row_index, side_index, verdict_order FROM judged_change) USING (row_index, side_index);
COMMENT ON VIEW ranked_waterfall IS 'Lengths that are taken apart; order_index 0 is the one that a report shows.';

CREATE VIEW caused_step AS
WITH main AS (
  SELECT
    step_change_index,
    count(*) AS cause_count,
    arg_max({cost: cost, per: per || CASE WHEN rule = '' THEN '' ELSE ': ' || rule END, base_ns: base_ns, new_ns: new_ns}, (abs(new_ns - base_ns), -rowid)) AS cause
  FROM cause_change
  WHERE new_ns <> base_ns
  GROUP BY step_change_index
)
SELECT
  step_change.*,
  step_change.delta_ns / nullif(waterfall.new_ns - waterfall.base_ns, 0) AS share_ratio,
  cause.cost, cause.per,
  cause.new_ns - cause.base_ns AS cause_delta_ns,
  (cause.new_ns - cause.base_ns) / nullif(step_change.delta_ns, 0) AS cause_ratio,
  row_number() OVER (
    PARTITION BY waterfall_index ORDER BY abs(step_change.delta_ns) DESC, step_change_index
  ) - 1 AS order_index
FROM step_change
JOIN waterfall USING (waterfall_index)
LEFT JOIN main USING (step_change_index);
COMMENT ON VIEW caused_step IS
  'Steps of lengths that differ, with their share of the difference and the constant that changes them most; order_index 0 is the largest change.';

CREATE VIEW sampled_row AS
WITH noisy AS (
  SELECT row_index, arg_min(side_index, rank_index) AS side_index, min(rank_index) AS rank_index
  FROM judged_change
  WHERE NOT is_exact AND verdict IN ('worse', 'better', 'different')
    AND row_index IN (SELECT row_index FROM sample)
  GROUP BY row_index
)
SELECT *, row_number() OVER (ORDER BY rank_index) - 1 AS panel_index, count(*) OVER () AS panel_count
FROM noisy;
COMMENT ON VIEW sampled_row IS 'Noisy rows that changed and have samples, the largest change for the worse first.';

CREATE VIEW sampled_cell AS
SELECT
  panel_index, panel_count, row_index, cell.side_index, cell.side_index = sampled_row.side_index AS is_largest,
  row_number() OVER (
    PARTITION BY row_index ORDER BY cell.side_index <> 0, cell.side_index <> sampled_row.side_index, cell.side_index
  ) - 1 AS order_index
FROM sampled_row JOIN cell USING (row_index);
COMMENT ON VIEW sampled_cell IS
  'Sides of these rows: by order_index the base first, then the side that changes most, then the others.';
