-- Question    What raises doubt about the result?
-- Grain       one warning, in the order of the run's table
-- Columns     row_count is how many rows or items are concerned
-- Units       the last word of each name
-- Parameters  none
SELECT origin, code, rows AS row_count, detail FROM warning ORDER BY rowid;
