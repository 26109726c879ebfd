-- Question    What is assumed, and what of the inventories is not followed?
-- Grain       one note, as written
-- Columns     code is its kind
-- Units       none
-- Parameters  none
SELECT code AS note_code, detail FROM note ORDER BY rowid;
