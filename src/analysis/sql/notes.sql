-- Question    What raises doubt about the comparison?
-- Grain       one sentence about some recordings
-- Columns     update_name is the first recording that it is about, update_count how many there are; predicted is false
--             where nothing is predicted of them
-- Units       none
-- Parameters  none
SELECT
  detail, update_index IS NOT NULL AS predicted, first(name ORDER BY rowid) AS update_name, count(*) AS update_count
FROM note
GROUP BY detail, predicted
ORDER BY predicted, min(rowid);
