/** Signatures of the Standard Webhooks specification, version v1a: Ed25519, so that verifying needs no secret. */
import { createPrivateKey, generateKeyPairSync, sign } from 'node:crypto';

const PRIVATE = 'whsk_';
const PUBLIC = 'whpk_';
const SEED_BYTES = 32;
/** An Ed25519 private key in DER (RFC 8410), up to its seed. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

/** A private key as the specification writes it: `whsk_` and the seed with the public key, in base64. */
export function newPrivateKey(): string {
  const { d = '', x = '' } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  const bytes = Buffer.concat([Buffer.from(d, 'base64url'), Buffer.from(x, 'base64url')]);
  return PRIVATE + bytes.toString('base64');
}

export function isPrivateKey(text: string): boolean {
  return text.startsWith(PRIVATE);
}

/** The `whpk_…` that verifies what the private key signs. */
export function publicKeyOf(privateKey: string): string {
  return PUBLIC + bytesOf(privateKey).subarray(SEED_BYTES).toString('base64');
}

export function signEd25519(privateKey: string, message: string): Buffer {
  const seed = bytesOf(privateKey).subarray(0, SEED_BYTES);
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' });
  return sign(null, Buffer.from(message), key);
}

function bytesOf(privateKey: string): Buffer {
  return Buffer.from(privateKey.slice(PRIVATE.length), 'base64');
}
