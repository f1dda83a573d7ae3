import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { selfSigned } from './certificate.ts';

/** An answer, byte by byte. It ends with the socket. */
type Answer = (socket: Socket) => void;

export type MisbehavingOrigin = AsyncDisposable & {
  /** plain HTTP */
  url: string;
  /** HTTPS with a certificate that nobody signed */
  selfSignedUrl: string;
  /** HTTPS with one that has ended */
  expiredUrl: string;
  /** accepts connections and says nothing, not even in TLS */
  silentUrl: string;
  /** sockets of all of them that are open */
  connections(): number;
};

/** A web server on loopback that does what its paths say, right or wrong, without an HTTP library in the way. */
export async function startMisbehavingOrigin(photo: Buffer): Promise<MisbehavingOrigin> {
  const answers = answersOf(photo);
  const answer = (socket: Socket): void => serve(socket, answers);
  const plain = await listening(createServer(answer));
  const unsigned = await listening(createTlsServer(selfSigned(), answer));
  const expired = await listening(createTlsServer(selfSigned({ until: new Date('2021-01-01') }), answer));
  const silent = await listening(createServer((socket) => void socket.on('error', () => {}).resume()));
  const servers = [plain, unsigned, expired, silent];
  return {
    url: `http://127.0.0.1:${plain.port}`,
    selfSignedUrl: `https://localhost:${unsigned.port}`,
    expiredUrl: `https://localhost:${expired.port}`,
    silentUrl: `127.0.0.1:${silent.port}`,
    connections: () => servers.reduce((sum, { open }) => sum + open.size, 0),
    async [Symbol.asyncDispose]() {
      for (const { server, open } of servers) {
        for (const socket of open) socket.destroy();
        server.close();
        await once(server, 'close');
      }
    },
  };
}

async function listening(server: Server): Promise<{ server: Server; port: number; open: Set<Socket> }> {
  const open = new Set<Socket>();
  server.on('connection', (socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket)).on('error', () => {});
  });
  server.on('tlsClientError', () => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port, open };
}

/** Answers one request after the other by its path; what it does not know is 404. */
function serve(socket: Socket, answers: Record<string, Answer>): void {
  let received = '';
  socket.on('error', () => {});
  socket.on('data', (chunk: Buffer) => {
    received += chunk.toString('latin1');
    for (let end = received.indexOf('\r\n\r\n'); end >= 0; end = received.indexOf('\r\n\r\n')) {
      const [, path = ''] = received.split(' ', 2);
      received = received.slice(end + 4);
      (answers[path] ?? status('404 Not Found'))(socket);
    }
  });
}

function answersOf(photo: Buffer): Record<string, Answer> {
  const half = photo.subarray(0, photo.length / 2);
  const length = `content-length: ${photo.length}`;
  const html = Buffer.from('<!doctype html><html><head><meta http-equiv="refresh" content="0; url=/photo">');
  const zeros = Buffer.alloc(100_000_000);
  const bomb = Buffer.concat([photo, zeros.subarray(0, 30_000_000)]);
  const informational = 'HTTP/1.1 103 Early Hints\r\n\r\n';
  const [gzip, brotli] = [gzipSync(zeros), brotliCompressSync(zeros)];
  const chain = (hops: number): Record<string, Answer> =>
    Object.fromEntries(
      Array.from({ length: hops }, (_, i) => [
        `/chain-${hops}/${i}`,
        redirect(i + 1 === hops ? '/photo' : `/chain-${hops}/${i + 1}`),
      ]),
    );
  return {
    ...chain(5),
    ...chain(6),
    '/photo': whole([length], photo),
    '/drip': (socket) => {
      socket.write(head(length));
      drip(socket, photo);
    },
    '/drip-chunked': (socket) => {
      socket.write(head('transfer-encoding: chunked'));
      drip(socket, Buffer.from('1\r\n\xff\r\n'.repeat(10_000), 'latin1'));
    },
    '/drip-headers': (socket) => drip(socket, Buffer.from(head(...Array<string>(1_000).fill('x-more: yes')))),
    '/drip-early-hints': (socket) =>
      drip(socket, Buffer.from('HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(1_000))),
    '/drip-redirect': (socket) => {
      socket.write(head('location: /photo', 'content-length: 1000').replace('200 OK', '302 Found'));
      drip(socket, Buffer.alloc(1_000));
    },
    '/drip-404': (socket) => {
      socket.write(head('content-length: 1000').replace('200 OK', '404 Not Found'));
      drip(socket, Buffer.alloc(1_000));
    },
    '/slow-chain': (socket) => void setTimeout(() => redirect('/slow-chain')(socket), SLOW_MS),
    '/silent': () => {},
    '/stalls': (socket) => void socket.write(Buffer.concat([Buffer.from(head(length)), half])),
    '/endless-headers': (socket) => {
      socket.write('HTTP/1.1 200 OK\r\n');
      flood(socket, Buffer.from('x-more: yes\r\n'.repeat(100)));
    },
    '/endless-informational': (socket) => flood(socket, Buffer.from(informational.repeat(1_000))),
    '/endless-reason': (socket) => {
      socket.write('HTTP/1.1 200 ');
      flood(socket, Buffer.from('OK '.repeat(10_000)));
    },
    '/endless-blank-lines': (socket) => flood(socket, Buffer.from('\r\n'.repeat(10_000))),
    '/informational-loop': (socket) => {
      socket.write(informational.repeat(10));
      redirect('/informational-loop')(socket);
    },
    '/endless-trailers': (socket) => {
      socket.write(
        Buffer.concat([Buffer.from(head('transfer-encoding: chunked')), chunk(photo), Buffer.from('0\r\n')]),
      );
      flood(socket, Buffer.from('x-more: yes\r\n'.repeat(1_000)));
    },
    '/endless-extension': (socket) => {
      socket.write(
        Buffer.concat([Buffer.from(head('transfer-encoding: chunked')), chunk(photo), Buffer.from('5;')]),
      );
      flood(socket, Buffer.alloc(65_536, 'x'));
    },
    '/endless-tiny-chunks': (socket) => {
      socket.write(Buffer.concat([Buffer.from(head('transfer-encoding: chunked')), chunk(photo)]));
      flood(socket, Buffer.from('1\r\nx\r\n'.repeat(10_000)));
    },
    '/gzip-bomb': coded('gzip', gzipSync(bomb)),
    '/brotli-bomb': coded('br', brotliCompressSync(bomb)),
    '/gzip-in-gzip-bomb': coded('gzip, gzip', gzipSync(gzipSync(bomb))),
    '/empty-members': coded(
      'gzip, gzip',
      gzipSync(Buffer.concat(Array<Buffer>(1_100_000).fill(gzipSync('')))),
    ),
    '/gzip-stalls': (socket) =>
      void socket.write(
        Buffer.concat([
          Buffer.from(head('content-encoding: gzip', length)),
          gzipSync(photo).subarray(0, 9_000),
        ]),
      ),
    '/gzip-cut-off': (socket) =>
      void socket.end(
        Buffer.concat([
          Buffer.from(head('content-encoding: gzip', length)),
          gzipSync(photo).subarray(0, 9_000),
        ]),
      ),
    '/endless-body': (socket) => {
      socket.write(Buffer.concat([Buffer.from(head('connection: close')), photo]));
      flood(socket, Buffer.alloc(65_536));
    },
    '/endless-404': (socket) => {
      socket.write(head('connection: close').replace('200 OK', '404 Not Found'));
      flood(socket, Buffer.alloc(65_536));
    },
    '/says-more-and-ends': (socket) => void socket.end(Buffer.concat([Buffer.from(head(length)), half])),
    '/says-less': whole([`content-length: ${half.length}`], photo),
    '/two-lengths': whole([length, 'content-length: 10'], photo),
    '/negative-length': whole(['content-length: -1'], photo),
    '/huge-length': whole(['content-length: 99999999999'], photo),
    '/bad-chunk': whole(
      ['transfer-encoding: chunked'],
      Buffer.concat([Buffer.from('10000\r\n'), photo.subarray(0, 65_536), Buffer.from('\r\nzz\r\n')]),
    ),
    '/empty': whole(['content-length: 0'], Buffer.alloc(0)),
    '/headers-only': (socket) => void socket.end(head(length, 'content-type: image/jpeg')),
    '/no-content': status('204 No Content'),
    '/not-modified': status('304 Not Modified'),
    '/not-http': (socket) => void socket.end('SSH-2.0-OpenSSH_9.2\r\n\r\n'),
    '/reset-at-once': (socket) => void socket.resetAndDestroy(),
    '/reset-in-headers': (socket) =>
      void socket.write('HTTP/1.1 200 OK\r\ncontent-le', () => socket.resetAndDestroy()),
    '/reset-in-body': (socket) =>
      void socket.write(Buffer.concat([Buffer.from(head(length)), half]), () => socket.resetAndDestroy()),
    '/gzip': coded('gzip', gzip),
    '/brotli': coded('br', brotli),
    '/gzip-unsaid': whole([`content-length: ${gzip.length}`, 'content-type: image/jpeg'], gzip),
    '/loop': redirect('/loop'),
    '/to-nowhere': redirect('http://'),
    '/429-seconds': status('429 Too Many Requests', 'retry-after: 120'),
    '/429-date': (socket) => {
      const until = new Date(Date.now() + 92_000).toUTCString();
      status('429 Too Many Requests', `retry-after: ${until}`)(socket);
    },
    '/html-as-image': whole([`content-length: ${html.length}`, 'content-type: image/jpeg'], html),
    '/redirect-page': whole([`content-length: ${html.length}`, 'content-type: text/html'], html),
  };
}

const SLOW_MS = 700;
const DRIP_EVERY_MS = 50;

function head(...headers: string[]): string {
  return `${['HTTP/1.1 200 OK', ...headers].join('\r\n')}\r\n\r\n`;
}

function whole(headers: string[], body: Buffer): Answer {
  return (socket) => void socket.write(Buffer.concat([Buffer.from(head(...headers)), body]));
}

function coded(coding: string, body: Buffer): Answer {
  return whole([`content-length: ${body.length}`, `content-encoding: ${coding}`], body);
}

function chunk(data: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${data.length.toString(16)}\r\n`), data, Buffer.from('\r\n')]);
}

function status(line: string, ...headers: string[]): Answer {
  return (socket) => void socket.write(head(...headers, 'content-length: 0').replace('200 OK', line));
}

function redirect(location: string): Answer {
  return status('302 Found', `location: ${location}`);
}

/** One byte at a time. */
function drip(socket: Socket, bytes: Buffer): void {
  let at = 0;
  const timer = setInterval(() => {
    if (socket.destroyed || at >= bytes.length) clearInterval(timer);
    else socket.write(bytes.subarray(at, (at += 1)));
  }, DRIP_EVERY_MS);
  socket.on('close', () => clearInterval(timer));
}

/** As much as the other side takes. */
function flood(socket: Socket, bytes: Buffer): void {
  const more = (): void => {
    while (!socket.destroyed && socket.write(bytes));
  };
  socket.on('drain', more);
  more();
}
