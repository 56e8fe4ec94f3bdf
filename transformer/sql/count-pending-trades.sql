-- How many trades wait to be published.
SELECT count(*) AS trades FROM new_trades;
