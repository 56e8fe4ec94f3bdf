-- The instruments that have bars, and the days of the first and the last one. In: the view.
SELECT exchange, symbol,
       min(day)::VARCHAR AS "firstDay",
       max(day)::VARCHAR AS "lastDay"
FROM :view
GROUP BY ALL
ORDER BY ALL;
