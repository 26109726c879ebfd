-- What each VM and device does in bins of time that are finer than cells, from the rows themselves.
SELECT lane, owner_index, (time_ns - $from_ns) // $bin_ns AS time_bin, sum(amount)::BIGINT AS amount
FROM (
  SELECT 'pages' AS lane, vm_index AS owner_index, time_ns, page_count::BIGINT AS amount
  FROM page_write WHERE time_ns >= $from_ns AND time_ns < $to_ns
  UNION ALL
  SELECT 'request', device_index, submit_ns, 1 FROM device_io WHERE submit_ns >= $from_ns AND submit_ns < $to_ns
  UNION ALL
  SELECT 'packet', device_index, time_ns, 1 FROM net_packet WHERE time_ns >= $from_ns AND time_ns < $to_ns
  UNION ALL
  SELECT 'interrupt', device_index, time_ns, 1 FROM interrupt WHERE time_ns >= $from_ns AND time_ns < $to_ns
  UNION ALL
  SELECT 'dma', device_index, time_ns, 1 FROM dma WHERE time_ns >= $from_ns AND time_ns < $to_ns
)
GROUP BY ALL
ORDER BY ALL;
