import { generateKeyPairSync, sign } from 'node:crypto';

/** A certificate for `localhost` that nobody has signed but itself. */
export function selfSigned({ until = new Date('2099-01-01') } = {}): { key: string; cert: string } {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = der(0x30, der(0x31, der(0x30, oid('550403'), der(0x0c, Buffer.from('localhost')))));
  const signedWith = der(0x30, oid('2a8648ce3d040302')); // ecdsa-with-SHA256
  const content = der(
    0x30,
    der(0xa0, der(0x02, Buffer.from([2]))), // version 3
    der(0x02, Buffer.from([1])), // serial number
    signedWith,
    name, // issuer
    der(0x30, utcTime(new Date('2020-01-01')), utcTime(until)),
    name, // subject
    publicKey.export({ type: 'spki', format: 'der' }),
  );
  const signature = Buffer.concat([Buffer.from([0]), sign('sha256', content, privateKey)]);
  const certificate = der(0x30, content, signedWith, der(0x03, signature));
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    cert: `-----BEGIN CERTIFICATE-----\n${certificate.toString('base64')}\n-----END CERTIFICATE-----\n`,
  };
}

/** ITU-T X.690: tag, length, content. */
function der(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const head = length < 128 ? [length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...head]), content]);
}

function oid(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, 'hex'));
}

/** Years from 2050 need the longer form (RFC 5280, 4.1.2.5). */
function utcTime(time: Date): Buffer {
  const digits = `${time.toISOString().replace(/[-:T]|\.\d+Z/g, '')}Z`;
  const isLong = time.getUTCFullYear() >= 2050;
  return der(isLong ? 0x18 : 0x17, Buffer.from(isLong ? digits : digits.slice(2)));
}
