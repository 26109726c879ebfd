-- Pages written in bins that are finer than cells, of one VM, from the rows themselves.
WITH placed AS (
  SELECT
    (time_ns - $from_ns) // $bin_ns AS time_bin,
    greatest(start_gfn::BIGINT, $first_frame) AS first_gfn, least(start_gfn::BIGINT + page_count, $end_frame) AS end_gfn
  FROM page_write
  WHERE vm_index = $vm_index AND time_ns >= $from_ns AND time_ns < $to_ns
    AND start_gfn < $end_frame AND start_gfn::BIGINT + page_count > $first_frame
),
binned AS (
  SELECT *, (first_gfn - $first_frame) // $bin_frames AS first_bin, (end_gfn - 1 - $first_frame) // $bin_frames AS last_bin
  FROM placed
),
part AS (
  SELECT time_bin, first_bin AS memory_bin, end_gfn - first_gfn AS pages FROM binned WHERE first_bin = last_bin
  UNION ALL
  SELECT
    time_bin, memory_bin,
    least(end_gfn, $first_frame + (memory_bin + 1) * $bin_frames) - greatest(first_gfn, $first_frame + memory_bin * $bin_frames)
  FROM (SELECT *, unnest(range(first_bin, last_bin + 1)) AS memory_bin FROM binned WHERE first_bin < last_bin)
)
SELECT time_bin, memory_bin, sum(pages)::BIGINT AS pages FROM part GROUP BY ALL ORDER BY ALL;
