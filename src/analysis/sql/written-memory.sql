-- Question    How much of its memory does a VM write, and how evenly?
-- Grain       one VM; none where it has no readings
-- Columns     written_pages are distinct ones; write_count counts a page once a reading; half_pages is the least number of
--             pages that together take half of that, null where nothing is written; span_ns is the time that readings cover
-- Units       the last word of each name
-- Parameters  vm_index
WITH reading AS (
  SELECT time_ns, start_ns FROM tick WHERE vm_index = $vm_index::INTEGER AND start_ns IS NOT NULL
),
page AS (
  SELECT gfn, count(*) AS write_count
  FROM (
    SELECT unnest(range(start_gfn, start_gfn::BIGINT + page_count))::UINTEGER AS gfn
    FROM page_write SEMI JOIN reading USING (time_ns)
    WHERE vm_index = $vm_index::INTEGER
  )
  GROUP BY gfn
),
ranked AS (
  SELECT
    write_count,
    row_number() OVER by_heat AS page_rank,
    sum(write_count) OVER (by_heat ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS running_count,
    sum(write_count) OVER () AS all_count
  FROM page
  WINDOW by_heat AS (ORDER BY write_count DESC, gfn)
)
SELECT
  $vm_index::INTEGER AS vm_index, vm.name AS vm_name, vm.guest_bytes,
  (SELECT count(*) FROM reading) AS reading_count,
  (SELECT (max(time_ns) - min(start_ns))::BIGINT FROM reading) AS span_ns,
  (SELECT count(*) FROM page) AS written_pages,
  coalesce((SELECT sum(write_count) FROM page), 0)::BIGINT AS write_count,
  (SELECT min(page_rank) FROM ranked WHERE running_count * 2 >= all_count) AS half_pages
FROM vm
WHERE vm.vm_index = $vm_index::INTEGER AND EXISTS (FROM reading);
