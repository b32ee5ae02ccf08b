-- The orders of the list, each total through the id. In collation "C", because only there a range of text is a prefix.
CREATE INDEX customers_by_name ON customers (lower(name) COLLATE "C", id);
--> statement-breakpoint
CREATE INDEX customers_by_updated_at ON customers (updated_at, id);
