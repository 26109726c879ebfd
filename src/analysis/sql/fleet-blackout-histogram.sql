-- Question    How many hosts have blackouts of which length?
-- Grain       one kind of host in one of at most $bin_count bins of equal width, 10 ms at least; kinds beyond the six with most hosts
--             are taken together as others
-- Columns     from and to where the bin reaches, and the hosts in it that are updated
-- Units       the last word of each name
-- Parameters  bin_count
WITH span AS (SELECT min(blackout_ns) AS low_ns, max(blackout_ns) AS high_ns FROM host_turn),
width AS (SELECT low_ns, greatest((high_ns - low_ns) // $bin_count::INTEGER + 1, 10000000) AS bin_ns FROM span),
ranked AS (
  SELECT kind, row_number() OVER (ORDER BY count(*) DESC, min(host_index)) AS kind_rank FROM host_turn GROUP BY kind
),
binned AS (
  SELECT
    (blackout_ns - low_ns) // bin_ns AS bin,
    CASE WHEN kind_rank <= 6 THEN kind ELSE 'other kinds' END AS host_kind,
    least(kind_rank, 7) AS place
  FROM host_turn JOIN ranked USING (kind) CROSS JOIN width
)
SELECT
  low_ns + bin * bin_ns AS from_ns,
  low_ns + (bin + 1) * bin_ns AS to_ns,
  host_kind,
  count(*) AS host_count
FROM binned CROSS JOIN width
GROUP BY bin, host_kind, low_ns, bin_ns
ORDER BY bin, min(place);
