import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { isIP } from 'node:net';

/** What a name answers: one list of addresses after the other, and the last one from then on. */
export type Zone = ReadonlyMap<string, readonly (readonly string[])[]>;

const [A, AAAA] = [1, 28];

/** A DNS server on 127.0.0.1, port 53, that changes its mind. It answers nothing that is to be kept (TTL 0). */
export async function startDns(zone: Zone): Promise<AsyncDisposable> {
  const socket = createSocket('udp4');
  const asked = new Map<string, number>();
  socket.on('message', (query, { port, address }) => {
    const { name, type, end } = questionOf(query);
    const lists = zone.get(name);
    const key = `${name} ${type}`;
    const times = asked.get(key) ?? 0;
    asked.set(key, times + 1);
    const addresses = lists?.[Math.min(times, lists.length - 1)];
    const answers = addresses?.filter((answer) => isIP(answer) === (type === A ? 4 : type === AAAA ? 6 : 0));
    socket.send(response(query.subarray(0, end), answers), port, address);
  });
  socket.bind(53, '127.0.0.1');
  await once(socket, 'listening');
  return {
    async [Symbol.asyncDispose]() {
      socket.close();
      await once(socket, 'close');
    },
  };
}

/** The only question of a query: RFC 1035, 4.1.2. */
function questionOf(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 };
}

/** @param answers undefined: there is no such name */
function response(question: Buffer, answers: readonly string[] | undefined): Buffer {
  const head = Buffer.from(question);
  head.writeUInt16BE(answers ? 0x8180 : 0x8183, 2); // an answer, recursion available; 3: no such name
  head.writeUInt16BE(answers?.length ?? 0, 6);
  head.writeUInt32BE(0, 8); // no other records
  return Buffer.concat([head, ...(answers ?? []).map(record)]);
}

function record(address: string): Buffer {
  const bytes = isIP(address) === 4 ? address.split('.').map(Number) : bytesOfIpv6(address);
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc00c, 0); // the name of the question
  head.writeUInt16BE(bytes.length === 4 ? A : AAAA, 2);
  head.writeUInt16BE(1, 4); // IN; TTL 0
  head.writeUInt16BE(bytes.length, 10);
  return Buffer.concat([head, Buffer.from(bytes)]);
}

function bytesOfIpv6(address: string): number[] {
  const [head = '', tail = ''] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const groups = (text: string): string[] => text.split(':').filter((group) => group !== '');
  const zeros = Array<string>(8 - groups(head).length - groups(tail).length).fill('0');
  return [...groups(head), ...zeros, ...groups(tail)].flatMap((group) => {
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 255];
  });
}
