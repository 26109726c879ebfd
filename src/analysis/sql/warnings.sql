-- Question    What raises doubt about the result?
-- Grain       one warning: what the model and its constants leave open first, what the recording lost last
-- Columns     row_count is how many rows or items are concerned
-- Units       the last word of each name
-- Parameters  none
SELECT origin, code, rows AS row_count, detail FROM warning ORDER BY list_position(['model', 'profile', 'scenario', 'trace'], origin) NULLS LAST, rowid;
