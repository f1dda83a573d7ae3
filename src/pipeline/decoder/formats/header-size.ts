import type { Facts } from '../../decoder-protocol.ts';

/** What the reader of one format finds in a header. `leastBytes`: no file of this size can be smaller. */
export type HeaderSize = Pick<Facts, 'width' | 'height'> & Partial<Facts> & { leastBytes?: number };
