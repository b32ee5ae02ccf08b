ALTER TABLE clients ADD COLUMN name text CHECK (char_length(name) BETWEEN 1 AND 64);
