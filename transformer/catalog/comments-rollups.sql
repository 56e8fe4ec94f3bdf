-- What only bars of longer intervals have.
COMMENT ON COLUMN :name.seconds IS 'Seconds of the interval that were observed; less than it has where something is missing';
COMMENT ON COLUMN :name.complete IS 'Whether every second of the interval was observed, and each is complete';
