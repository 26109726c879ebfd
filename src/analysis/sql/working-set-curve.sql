-- Question    How many different pages does each VM write in a window of time?
-- Grain       one VM and length of window: 1, 2, 4 … readings, as long as one window fits. Windows follow one another
--             from the first reading; one that the trace's end cuts is left out
-- Columns     reading_count is the length in readings and window_ns the mean length in time, which differs by window only
--             where readings are not evenly far apart; pages are distinct ones: what is written again in a window counts
--             once. Readings without a start hold pages that were there already: left out
-- Units       the last word of each name
-- Parameters  none
WITH reading AS (
  SELECT
    vm_index, time_ns, time_ns - start_ns AS tick_ns,
    (row_number() OVER (PARTITION BY vm_index ORDER BY time_ns) - 1)::INTEGER AS reading_index
  FROM tick
  WHERE start_ns IS NOT NULL
),
page AS (
  SELECT page_write.vm_index, reading_index, unnest(range(start_gfn, start_gfn::BIGINT + page_count))::UINTEGER AS gfn
  FROM page_write JOIN reading USING (vm_index, time_ns)
),
-- The one sort of all pages of all readings takes about 20 bytes a page: 40 million fit in the database's memory.
written AS (
  SELECT
    vm_index, reading_index,
    lag(reading_index) OVER (PARTITION BY vm_index, gfn ORDER BY reading_index) AS previous_index
  FROM page
),
-- A page is new in its window unless its previous write is in the same one. Windows of 2^level readings are the same for
-- both writes as soon as their indices differ in lower bits only, so one number says it for all lengths at once.
fresh AS (
  SELECT
    vm_index, reading_index,
    CASE
      WHEN previous_index IS NULL THEN 64
      WHEN previous_index = reading_index THEN 0
      ELSE floor(log2(xor(previous_index, reading_index)))::INTEGER + 1
    END AS level_count,
    count(*) AS pages
  FROM written
  GROUP BY ALL
),
level AS (
  SELECT vm_index, unnest(range(0, floor(log2(count(*)))::INTEGER + 1))::INTEGER AS level, count(*) AS all_count
  FROM reading
  GROUP BY vm_index
),
span AS (
  SELECT
    vm_index, level, any_value(all_count >> level) AS window_count,
    round(sum(tick_ns) / any_value(all_count >> level))::BIGINT AS window_ns
  FROM level JOIN reading USING (vm_index)
  WHERE reading_index < ((all_count >> level) << level)
  GROUP BY vm_index, level
),
filled AS (
  SELECT vm_index, level, reading_index >> level AS window_index, sum(pages)::BIGINT AS pages
  FROM fresh JOIN level USING (vm_index)
  WHERE level < level_count AND reading_index < ((all_count >> level) << level)
  GROUP BY vm_index, level, window_index
)
SELECT
  span.vm_index, any_value(vm.name) AS vm_name, (1::BIGINT << level) AS reading_count, any_value(window_ns) AS window_ns,
  -- Windows without a write have no row in filled, and count in the mean.
  coalesce(sum(pages), 0)::BIGINT / any_value(window_count) AS mean_pages,
  coalesce(max(pages), 0) AS most_pages,
  any_value(window_count) AS window_count
FROM span JOIN vm USING (vm_index) LEFT JOIN filled USING (vm_index, level)
GROUP BY span.vm_index, level
ORDER BY span.vm_index, level;
