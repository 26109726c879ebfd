-- Views that every question to a comparison builds on. They are part of the database, so the user's own SQL may use them
-- too.
--
-- A tracer's cost is in the recorded times of a traced update and not in the predicted ones: these are left out. What
-- differs by less than 0.5 ms counts as met, since shorter steps vary by what happens to be in a cache (docs/validity.md).

CREATE VIEW compared_step AS
SELECT
  step.step_index, step.update_index, step.span, step.name AS step_name, step.phase,
  update.name AS update_name, update.kernel_from, update.kernel_to, update.fitted,
  step.predicted_ns, step.low_ns, step.high_ns, step.recorded_ns,
  (step.predicted_ns - step.recorded_ns)::DOUBLE / nullif(step.recorded_ns, 0) AS error_ratio,
  step.recorded_ns BETWEEN step.low_ns AND step.high_ns AS is_inside,
  abs(step.predicted_ns - step.recorded_ns) < 500000 AS is_negligible
FROM step JOIN update USING (update_index)
WHERE NOT update.traced AND step.recorded_ns IS NOT NULL;
COMMENT ON VIEW compared_step IS 'Steps that are both predicted and recorded, with how far the prediction is off: above 0 is too long.';

CREATE VIEW compared_quantity AS
SELECT
  quantity.update_index, quantity.quantity, update.name AS update_name, update.fitted,
  quantity.predicted_ns, quantity.low_ns, quantity.high_ns, quantity.recorded_ns,
  (quantity.predicted_ns - quantity.recorded_ns)::DOUBLE / nullif(quantity.recorded_ns, 0) AS error_ratio,
  quantity.recorded_ns BETWEEN quantity.low_ns AND quantity.high_ns AS is_inside,
  abs(quantity.predicted_ns - quantity.recorded_ns) < 500000 AS is_negligible
FROM quantity JOIN update USING (update_index)
WHERE NOT update.traced AND quantity.recorded_ns > 0;
COMMENT ON VIEW compared_quantity IS 'Quantities that are both predicted and recorded, with how far the prediction is off: above 0 is too long.';

CREATE VIEW residual AS
SELECT
  compared_quantity.*,
  update.moved_pages, update.folio_count, update.region_visit_count, update.ram_bytes, update.cpu_count,
  update.node_count, update.session_count + update.file_count AS session_file_count
FROM compared_quantity JOIN update USING (update_index);
COMMENT ON VIEW residual IS 'Compared quantities with what an update''s cost depends on.';

CREATE VIEW kernel_pair AS
WITH release AS (
  SELECT
    update.*,
    TRY_CAST(string_split(regexp_extract(kernel_to, '^[0-9]+(\.[0-9]+)*'), '.') AS BIGINT[]) AS release_numbers,
    quantity.recorded_ns AS blackout_ns
  FROM update
  JOIN quantity ON quantity.update_index = update.update_index AND quantity.quantity = 'blackout'
  WHERE NOT traced AND kernel_from = kernel_to AND quantity.recorded_ns > 0
),
candidate AS (
  SELECT
    older.update_index AS older_index, older.name AS older_name, older.kernel_to AS older_kernel,
    newer.update_index AS newer_index, newer.name AS newer_name, newer.kernel_to AS newer_kernel,
    older.blackout_ns AS older_blackout_ns, newer.blackout_ns AS newer_blackout_ns,
    abs(older.moved_pages - newer.moved_pages) AS unlike_pages,
    older.scattered, older.session_count + older.file_count AS session_file_count,
    (
      SELECT count(*)
      FROM step AS one JOIN step AS two USING (span)
      WHERE one.update_index = older.update_index AND two.update_index = newer.update_index
        AND one.recorded_ns IS NOT NULL AND two.recorded_ns IS NOT NULL
    ) AS step_count
  FROM release AS older JOIN release AS newer USING (workload, cpu_count, node_count, ram_bytes)
  -- Initrds differ by the kernel file in them; larger differences are another update.
  WHERE older.release_numbers < newer.release_numbers AND abs(older.initrd_bytes - newer.initrd_bytes) < 1048576
)
SELECT
  -- The first is the one that most of its steps are known of and that differs in the kernel only.
  row_number() OVER (
    ORDER BY step_count DESC, unlike_pages, scattered, session_file_count, older_index, newer_index
  ) - 1 AS pair_index,
  *
FROM candidate;
COMMENT ON VIEW kernel_pair IS
  'Updates of one workload on one host under two kernels, each into itself; the first is the best known.';
