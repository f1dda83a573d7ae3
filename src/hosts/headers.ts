import type { HostKey } from './host.ts';
import type { Granted } from './leases.ts';
/** Reads the secret request headers of a host. @throws where the key is another one, or none */
export type OpenHeaders = (key: HostKey, sealed: NonNullable<Granted['headers']>) => Record<string, string>;
