-- Cells that wide views of a trace are answered from: 8,192 of time, and of each VM's memory up to 512. A count of cells is
-- that of the rows in them exactly: rows of several cells of memory are cut at their borders.
CREATE TABLE cell_grid AS
SELECT greatest(1, ceil((max(span_ns) + 1) / 8192.0)::BIGINT) AS time_cell_ns FROM trace;

CREATE TABLE memory_grid AS
SELECT vm_index, greatest(1, ceil(guest_bytes / 4096.0 / 512.0)::BIGINT) AS cell_frames, guest_bytes // 4096 AS guest_frames
FROM vm;

CREATE TABLE page_cell AS
WITH placed AS (
  SELECT
    page_write.vm_index, time_ns // time_cell_ns AS time_cell, start_gfn::BIGINT AS first_gfn, page_count, cell_frames,
    start_gfn // cell_frames AS first_cell, (start_gfn::BIGINT + page_count - 1) // cell_frames AS last_cell
  FROM page_write JOIN memory_grid USING (vm_index) CROSS JOIN cell_grid
),
spanning AS (
  SELECT *, unnest(range(first_cell, last_cell + 1)) AS memory_cell FROM placed WHERE first_cell < last_cell
),
part AS (
  SELECT vm_index, time_cell, first_cell AS memory_cell, page_count AS pages FROM placed WHERE first_cell = last_cell
  UNION ALL
  SELECT
    vm_index, time_cell, memory_cell,
    least(first_gfn + page_count, (memory_cell + 1) * cell_frames) - greatest(first_gfn, memory_cell * cell_frames)
  FROM spanning
)
SELECT vm_index::USMALLINT AS vm_index, time_cell::USMALLINT AS time_cell, memory_cell::USMALLINT AS memory_cell, sum(pages)::BIGINT AS pages
FROM part
GROUP BY ALL
ORDER BY ALL;

CREATE TABLE activity_cell AS
SELECT activity, owner_index::USMALLINT AS owner_index, (time_ns // time_cell_ns)::USMALLINT AS time_cell, count(*) AS event_count
FROM (
  SELECT 'request' AS activity, device_index AS owner_index, submit_ns AS time_ns FROM device_io
  UNION ALL SELECT 'packet', device_index, time_ns FROM net_packet
  UNION ALL SELECT 'interrupt', device_index, time_ns FROM interrupt
  UNION ALL SELECT 'dma', device_index, time_ns FROM dma
) CROSS JOIN cell_grid
GROUP BY ALL
ORDER BY ALL;
