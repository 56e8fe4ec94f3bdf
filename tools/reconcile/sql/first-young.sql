SELECT min(second) AS second FROM findings WHERE second >= getvariable('settled_before');
