-- The instruments that have bars, and the days of the first and the last one. In: the view.
SELECT exchange, symbol,
       strftime(min(window_start), '%Y-%m-%d') AS "firstDay",
       strftime(max(window_start), '%Y-%m-%d') AS "lastDay"
FROM :view
GROUP BY ALL
ORDER BY ALL;
