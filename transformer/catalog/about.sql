-- Which lake the views read, and what they were made from: by the latter a catalog is known to be up to date.
CREATE VIEW about AS SELECT :root AS root, :fingerprint AS fingerprint;
COMMENT ON VIEW about IS 'What this catalog is of';
COMMENT ON COLUMN about.root IS 'The folder of the lake, when the catalog was made; views name its files by it';
COMMENT ON COLUMN about.fingerprint IS 'SHA-256 of the statements it was made with';
