// The stores of a configuration. Opening one makes no request.

import type { Config } from '../../lake/config.ts';
import { tempDir } from '../../lake/layout.ts';
import type { ObjectStore } from './store.ts';

export type StoreConfig = Pick<Config, 'root' | 'gcs' | 's3' | 'folder'>;

/** A store, and what the configuration says of its copies. */
export type ConfiguredStore = {
  store: ObjectStore;
  retentionDays: number;
  deletesAfterUpload: boolean;
  schedule: string;
};

/** Whether copies are kept anywhere. */
export function hasStores({ gcs, s3, folder }: Omit<StoreConfig, 'root'>): boolean {
  return gcs.bucket_name !== '' || s3.bucket_name !== '' || folder.path !== '';
}

/** Loads only the SDKs that are needed: they are large. */
export async function openStores({ root, folder }: StoreConfig): Promise<ConfiguredStore[]> {
  const tempFolder = tempDir(root, 'stores');
  const stores: ConfiguredStore[] = [];
  if (folder.path !== '') {
    const { FolderStore } = await import('./folder-store.ts');
    const store = new FolderStore({ path: folder.path, tempFolder, nowMs: Date.now });
    stores.push({ store, ...describeRetention(folder) });
  }
  return stores;
}

function describeRetention(config: StoreConfig['gcs' | 's3' | 'folder']) {
  return {
    retentionDays: config.upload_retention_days,
    deletesAfterUpload: config.delete_after_upload,
    schedule: config.schedule,
  };
}
