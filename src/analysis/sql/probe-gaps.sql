-- Question    When did the service not answer, and for how long?
-- Grain       one stretch of probes without an answer, of one VM or of nobody in particular
-- Columns     last_answered_ns and next_answered_ns are when the answered probes around it were sent, and gap_ns is from
--             one to the other; null where the trace begins or ends in the gap
-- Units       the last word of each name
-- Parameters  none
WITH numbered AS (
  SELECT
    vm_index, time_ns, answer_ns,
    lag(time_ns) OVER each_vm AS before_ns,
    lead(time_ns) OVER each_vm AS after_ns,
    row_number() OVER each_vm
      - row_number() OVER (PARTITION BY vm_index, answer_ns IS NULL ORDER BY time_ns, sequence) AS stretch
  FROM probe
  WINDOW each_vm AS (PARTITION BY vm_index ORDER BY time_ns, sequence)
)
SELECT
  numbered.vm_index, any_value(vm.name) AS vm_name,
  arg_min(before_ns, time_ns) AS last_answered_ns,
  min(time_ns) AS first_lost_ns,
  max(time_ns) AS last_lost_ns,
  arg_max(after_ns, time_ns) AS next_answered_ns,
  next_answered_ns - last_answered_ns AS gap_ns,
  count(*) AS lost_count
FROM numbered LEFT JOIN vm ON numbered.vm_index = vm.vm_index
WHERE answer_ns IS NULL
GROUP BY numbered.vm_index, stretch
ORDER BY first_lost_ns, numbered.vm_index NULLS FIRST;
