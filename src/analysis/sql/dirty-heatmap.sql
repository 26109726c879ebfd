-- Question    Where in a VM's memory are pages written, and when?
-- Grain       one cell of time and guest frames; the time of the VM's readings is cut in at most $time_bins bins of one
--             length, its memory in at most $frame_bins. Time that no reading covers has no cells
-- Columns     start_ns up to but without end_ns; first_frame and last_frame are both in the cell; written_pages counts a
--             page once a reading, and a reading's pages are spread evenly over the time since the one before. 0 is what
--             readings found unwritten. Readings without a start hold pages that were there already: left out
-- Units       the last word of each name; frames are pages of 4 KiB, from 0
-- Parameters  vm_index, time_bins, frame_bins
WITH reading AS (
  -- A reading in the same moment as the one before still has its pages: they lie in the nanosecond before.
  SELECT time_ns, least(start_ns, time_ns - 1) AS start_ns
  FROM tick
  WHERE vm_index = $vm_index::INTEGER AND start_ns IS NOT NULL
),
grid AS (
  SELECT
    min(start_ns) AS origin_ns, max(time_ns) AS limit_ns,
    greatest(1, ceil((max(time_ns) - min(start_ns)) / $time_bins::INTEGER)::BIGINT) AS bin_ns,
    any_value(greatest(1, guest_bytes // 4096)) AS guest_pages,
    any_value(greatest(1, ceil(guest_bytes // 4096 / $frame_bins::INTEGER)::BIGINT)) AS bin_frames
  FROM reading CROSS JOIN vm
  WHERE vm_index = $vm_index::INTEGER
),
piece AS (
  SELECT
    time_ns, start_gfn, start_gfn::BIGINT + page_count AS end_gfn, bin_frames,
    unnest(range(start_gfn // bin_frames, (start_gfn::BIGINT + page_count - 1) // bin_frames + 1)) AS frame_bin
  FROM page_write CROSS JOIN grid
  WHERE vm_index = $vm_index::INTEGER
),
written AS (
  SELECT
    time_ns, frame_bin,
    sum(least(end_gfn, (frame_bin + 1) * bin_frames) - greatest(start_gfn, frame_bin * bin_frames))::BIGINT AS pages
  FROM piece
  GROUP BY time_ns, frame_bin
),
spread AS (
  SELECT
    reading.*, origin_ns, bin_ns,
    unnest(range((start_ns - origin_ns) // bin_ns, (time_ns - 1 - origin_ns) // bin_ns + 1)) AS time_bin
  FROM reading CROSS JOIN grid
),
share AS (
  SELECT
    time_ns, time_bin,
    -- Decimals, since the sum of doubles depends on the order of the rows.
    ((least(time_ns, origin_ns + (time_bin + 1) * bin_ns) - greatest(start_ns, origin_ns + time_bin * bin_ns))::DOUBLE
      / (time_ns - start_ns))::DECIMAL(20, 12) AS part
  FROM spread
),
cell AS (
  SELECT time_bin, frame_bin, sum((pages * part)::DECIMAL(30, 6)) AS pages
  FROM share JOIN written USING (time_ns)
  GROUP BY time_bin, frame_bin
),
frame_row AS (
  SELECT unnest(range(0, (guest_pages - 1) // bin_frames + 1)) AS frame_bin FROM grid
)
SELECT
  covered.time_bin, frame_row.frame_bin,
  origin_ns + covered.time_bin * bin_ns AS start_ns,
  least(limit_ns, origin_ns + (covered.time_bin + 1) * bin_ns) AS end_ns,
  frame_row.frame_bin * bin_frames AS first_frame,
  least(guest_pages, (frame_row.frame_bin + 1) * bin_frames) - 1 AS last_frame,
  round(coalesce(cell.pages, 0)::DOUBLE, 3) AS written_pages
FROM (SELECT DISTINCT time_bin FROM share) AS covered
CROSS JOIN frame_row CROSS JOIN grid
LEFT JOIN cell USING (time_bin, frame_bin)
ORDER BY time_bin, frame_bin;
