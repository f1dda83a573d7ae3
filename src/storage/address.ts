/** A bucket of an S3-compatible store. Credentials are found by the AWS SDK. */
export type BucketAddress = {
  is: 'bucket';
  bucket: string;
  /** before every key: '' or a path with a slash at its end */
  prefix: string;
  /** a URL; undefined: AWS */
  endpoint: string | undefined;
  region: string;
  /** whether the bucket's name is in the path of URLs, and not in their host */
  isPathStyle: boolean;
};

export type StorageAddress = { is: 'folder'; path: string } | BucketAddress;

/** For sentences and logs. */
export function addressName(address: StorageAddress): string {
  if (address.is === 'folder') return address.path;
  const { bucket, prefix, endpoint } = address;
  const url = `s3://${bucket}/${prefix}`.replace(/\/$/, '');
  return endpoint === undefined ? url : `${url} at ${endpoint}`;
}
