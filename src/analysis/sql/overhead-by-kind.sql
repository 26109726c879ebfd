-- Question    What host memory does the update cost?
-- Grain       one kind of overhead
-- Columns     overhead_group is metadata, scratch or temporary; guest_ratio is the share of all guest memory, null
--             without guests; detail is that of the kind's largest item
-- Units       the last word of each name
-- Parameters  none
WITH guest AS (SELECT coalesce(sum(guest_bytes), 0) AS guest_bytes FROM vm)
SELECT
  kind,
  overhead_group,
  sum(overhead_bytes) AS overhead_bytes,
  count(*) AS item_count,
  CASE WHEN any_value(guest.guest_bytes) > 0
    THEN sum(overhead_bytes)::DOUBLE / any_value(guest.guest_bytes) END AS guest_ratio,
  first(detail ORDER BY overhead_bytes DESC, detail) AS detail
FROM overhead_grouped CROSS JOIN guest
GROUP BY kind, overhead_group
-- Kinds of one group side by side, whichever was added to the format when.
ORDER BY overhead_group, kind;
