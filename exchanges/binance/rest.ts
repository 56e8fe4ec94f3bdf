// Binance spot REST. Source: github.com/binance/binance-spot-api-docs, rest-api.md, 2026-06-01.

import type { VenueRest } from '../rest.ts';

export const rest = {} as VenueRest;
