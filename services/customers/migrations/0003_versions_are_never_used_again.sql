-- An id that a client chose may be used again after a DELETE. The versions of such a row start at the microsecond of its
-- creation, so that no entity tag of it is ever used for something else. The table is rewritten: requests are 503 meanwhile.
ALTER TABLE customers ALTER COLUMN version TYPE bigint;
