// The stores of a configuration. Opening one makes no request.

import type { Config } from '../../lake/config.ts';
import { tempDir } from '../../lake/layout.ts';
import type { ObjectStore } from './store.ts';
import { type TimeLimits, timeLimits } from './time-limits.ts';

const mebibyte = 1024 * 1024;

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

/** Loads only the SDKs that are needed: they are large. `tempFolder`: for what a store keeps meanwhile. */
export async function openStores(
  config: StoreConfig,
  limits = timeLimits,
  tempFolder = tempDir(config.root, 'stores'),
): Promise<ConfiguredStore[]> {
  const { gcs, s3, folder } = config;
  const stores: ConfiguredStore[] = [];
  if (gcs.bucket_name !== '') {
    stores.push({ store: await openGcs(gcs, tempFolder, limits), ...describeRetention(gcs) });
  }
  if (s3.bucket_name !== '') {
    stores.push({ store: await openS3(s3, tempFolder, limits), ...describeRetention(s3) });
  }
  if (folder.path !== '') {
    const { FolderStore } = await import('./folder-store.ts');
    const store = new FolderStore({
      path: folder.path,
      root: config.root,
      tempFolder,
      nowMs: Date.now,
    });
    stores.push({ store, ...describeRetention(folder) });
  }
  return stores;
}

async function openGcs(
  config: StoreConfig['gcs'],
  tempFolder: string,
  limits: TimeLimits,
): Promise<ObjectStore> {
  const { GcsStore } = await import('./gcs-store.ts');
  return new GcsStore({
    bucketName: config.bucket_name,
    prefix: config.prefix,
    apiEndpoint: config.api_endpoint,
    hasCredentials: process.env.GOOGLE_APPLICATION_CREDENTIALS !== undefined,
    limits,
    chunkBytes: 8 * mebibyte,
    tempFolder,
  });
}

async function openS3(
  config: StoreConfig['s3'],
  tempFolder: string,
  limits: TimeLimits,
): Promise<ObjectStore> {
  const { S3Store } = await import('./s3-store.ts');
  return new S3Store({
    bucketName: config.bucket_name,
    prefix: config.prefix,
    region: config.region,
    endpoint: config.endpoint,
    hasChecksums: config.endpoint === '',
    limits,
    wholeBytes: 64 * mebibyte,
    partBytes: 8 * mebibyte,
    tempFolder,
  });
}

function describeRetention(config: StoreConfig['gcs' | 's3' | 'folder']) {
  return {
    retentionDays: config.upload_retention_days,
    deletesAfterUpload: config.delete_after_upload,
    schedule: config.schedule,
  };
}
