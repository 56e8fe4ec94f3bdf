// Binance's public archive. Source: github.com/binance/binance-public-data, README, 2025-01-09.

import type { VenueArchive } from '../rest.ts';

export const archive = {} as VenueArchive;
