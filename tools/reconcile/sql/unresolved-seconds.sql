SELECT DISTINCT second FROM recorded WHERE state = 'unresolved' ORDER BY second;
