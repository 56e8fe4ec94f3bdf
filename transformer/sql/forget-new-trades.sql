-- Makes room: the new trades stand in range_trades by now.
DELETE FROM new_trades;
