// Objects as S3 describes them, read with care: an ETag is the content's MD5 only where the object was sent whole and
// is not encrypted with a key of the user's. Holds no effects.

import type { HeadObjectCommandOutput, _Object as ListedObject } from '@aws-sdk/client-s3';
import type { Precondition, StoredObject } from './store.ts';

export function describeHead(key: string, head: HeadObjectCommandOutput): StoredObject {
  const version = parseEtag(head.ETag);
  const isKeyed = head.ServerSideEncryption?.startsWith('aws:') || head.SSECustomerAlgorithm;
  const isMd5 = !isKeyed && /^[0-9a-f]{32}$/.test(version);
  const isWhole = head.ChecksumType !== 'COMPOSITE';
  return {
    key,
    bytes: head.ContentLength ?? 0,
    version,
    md5: isMd5 ? version : undefined,
    crc32: isWhole ? head.ChecksumCRC32 : undefined,
  };
}

/** A listing does not say how an object is encrypted, so whether its ETag is an MD5. */
export function describeListed(key: string, { Size, ETag }: ListedObject): StoredObject {
  return { key, bytes: Size ?? 0, version: parseEtag(ETag), md5: undefined, crc32: undefined };
}

export function formatCondition(
  precondition: Precondition,
): { IfNoneMatch: string } | { IfMatch: string } {
  return precondition === 'absent'
    ? { IfNoneMatch: '*' }
    : { IfMatch: `"${precondition.version}"` };
}

/** Without its quotes. */
function parseEtag(etag: string | undefined): string {
  return (etag ?? '').replace(/^(W\/)?"|"$/g, '');
}
