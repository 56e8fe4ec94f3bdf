-- What only bars of a second have.
COMMENT ON COLUMN :name.spread_mean IS 'Mean of ask less bid over the updates of the second; NULL without one. Quote currency';
COMMENT ON COLUMN :name.latency_p50_ms IS 'Median, the lower one, of receive time less the exchange''s event time, over the trades heard live; may be negative, see clock_offset_ms. Milliseconds';
COMMENT ON COLUMN :name.latency_max_ms IS 'The largest of them. Milliseconds';
COMMENT ON COLUMN :name.complete IS 'Whether the collector was connected and subscribed all the second, and no trade id is missing';
COMMENT ON COLUMN :name.provenance IS 'Where its trades come from: live, rest, archive, the worst of them; flat where nothing was traded';
COMMENT ON COLUMN :name.clock_offset_ms IS 'Exchange time less local time, as measured then; NULL where it was not. Milliseconds';
