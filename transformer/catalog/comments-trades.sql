-- What the columns of trades mean.
COMMENT ON COLUMN :name.exchange IS 'The venue, as its folder is called';
COMMENT ON COLUMN :name.symbol IS 'The market, as the venue calls it: BTCUSDT';
COMMENT ON COLUMN :name.trade_id IS 'The exchange''s number of the trade; each stands here once';
COMMENT ON COLUMN :name.price IS 'Quote currency';
COMMENT ON COLUMN :name.quantity IS 'Base currency';
COMMENT ON COLUMN :name.quote_quantity IS 'Price times quantity, the double nearest to it. Quote currency';
COMMENT ON COLUMN :name.buyer_is_maker IS 'Whether the buyer''s order lay in the book: true is a sale by the taker, false a purchase';
COMMENT ON COLUMN :name.trade_time IS 'When it was traded, by the exchange. UTC';
COMMENT ON COLUMN :name.recv_time IS 'When it was received, by the local clock. UTC';
COMMENT ON COLUMN :name.source IS 'How it came here: live, rest, archive';
COMMENT ON COLUMN :name.event_time IS 'When the exchange sent it; NULL where a source does not say. UTC';
COMMENT ON COLUMN :name.price_text IS 'The exact price where the double does not give it back; else NULL';
COMMENT ON COLUMN :name.quantity_text IS 'The exact quantity where the double does not give it back; else NULL';
COMMENT ON COLUMN :name.day IS 'UTC day of the trade. A filter on it keeps the files of other days from being read';
