/** What web servers, the programs behind them and the boxes in front of them have been seen to answer. */
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { type RawAnswer, type RawOrigin, startRawOrigin } from './raw-origin.ts';

/** Parts of an answer one after the other; text is latin1, in which each character is one byte. */
function bytes(...parts: (string | Buffer)[]): Buffer {
  return Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part)));
}

function redirect(location: string, line = 'HTTP/1.1 302 Found'): Buffer {
  return bytes(`${line}\r\nLocation: ${location}\r\nContent-Length: 0\r\n\r\n`);
}

const utf8 = (text: string): string => Buffer.from(text).toString('latin1');

/** Answers by what is odd about them, each with the picture as its body where it has one. */
export function oddAnswers(picture: Buffer): Record<string, RawAnswer> {
  const { length } = picture;
  const size = `Content-Length: ${length}`;
  /** an answer with these header lines, as they are, and the picture */
  const lines = (...headers: string[]): Buffer =>
    bytes(['HTTP/1.1 200 OK', ...headers].join('\r\n'), '\r\n\r\n', picture);
  const status = (line: string): Buffer => bytes(`${line}\r\n${size}\r\n\r\n`, picture);
  const coded = (coding: string, body: Buffer): Buffer =>
    bytes(`HTTP/1.1 200 OK\r\nContent-Encoding: ${coding}\r\nContent-Length: ${body.length}\r\n\r\n`, body);
  const chunked = (...parts: (string | Buffer)[]): Buffer =>
    bytes('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', ...parts);
  const hex = length.toString(16);
  const whole = chunked(`${hex}\r\n`, picture, '\r\n0\r\n\r\n');
  const body = whole.subarray(whole.indexOf('\r\n\r\n') + 4);
  const gzip = gzipSync(picture);
  return {
    // lines of the header
    'a line without a colon': lines('X-Frame-Options="x"', size),
    'a line without a colon, first': bytes(
      'HTTP/1.1 200 OK\r\nX-Frame-Options="x"\r\n',
      `${size}\r\n\r\n`,
      picture,
    ),
    'a line of text': lines('Warning from the script on line 3', size),
    'a space before the colon': lines('X-Powered-By : PHP', `Content-Length : ${length}`),
    'a space in a name': lines('X Powered By: PHP', size),
    'an empty name': lines(': nothing', size),
    'a name in UTF-8': lines(utf8('Überschrift: x'), size),
    'a name in brackets': lines('[X-Cache]: hit', size),
    'a value in latin1': lines('X-Name: caf\xe9', size),
    'a value in UTF-8': lines(utf8('Content-Disposition: inline; filename="größe.jpg"'), size),
    'a control character in a value': lines('X-Odd: a\x01b\x7f', size),
    'an escape sequence in a value': lines('X-Odd: \x1b[31mred', size),
    'a NUL in a value': lines('X-Odd: a\0b', size),
    'a lone CR in a value': lines('X-Odd: a\rb', size),
    'a folded line': lines('X-Long: one', '\ttwo', ' three', size),
    'a fold before the first line': lines(' folded: onto nothing', size),
    'an empty value': lines('X-Empty:', 'Content-Type:', size),
    'no space behind the colon': lines(`Content-Length:${length}`),
    'spaces behind a value': lines(`Content-Length: ${length}  \t`),
    'bare LF': bytes(`HTTP/1.1 200 OK\n${size}\n\n`, picture),
    'LF and CRLF mixed': bytes(`HTTP/1.1 200 OK\r\nX-A: 1\n${size}\r\n\n`, picture),
    'no header at all': bytes('HTTP/1.1 200 OK\r\n\r\n', picture),
    'no Content-Type': lines(size),
    'a Content-Type of text': lines('Content-Type: text/plain', size),
    'a line of 8 KB': lines(`X-Long: ${'x'.repeat(8_000)}`, size),
    'a line of 64 KB': lines(`Content-Security-Policy: ${'x'.repeat(64_000)}`, size),
    'a line of 98 KB': lines(`X-Long: ${'x'.repeat(98_000)}`, size),
    '500 lines': lines(...Array.from({ length: 500 }, (_, i) => `X-Line-${i}: ${i}`), size),
    '100 cookies of 2 KB': lines(
      ...Array.from({ length: 100 }, (_, i) => `Set-Cookie: c${i}=${'x'.repeat(2_000)}`),
      size,
    ),
    'a megabyte of headers': lines(
      ...Array.from({ length: 100 }, (_, i) => `X-${i}: ${'x'.repeat(10_000)}`),
      size,
    ),
    // the first line
    'no reason': status('HTTP/1.1 200'),
    'an empty reason': status('HTTP/1.1 200 '),
    'a reason in UTF-8': status(utf8('HTTP/1.1 200 Très bien')),
    'a control character in the reason': status('HTTP/1.1 200 O\x01K'),
    'two spaces before the status': status('HTTP/1.1  200 OK'),
    'a tab before the reason': status('HTTP/1.1 200\tOK'),
    'a version of 1.0': status('HTTP/1.0 200 OK'),
    'a version of 1.2': status('HTTP/1.2 200 OK'),
    'a version of 2 in the text of 1': status('HTTP/2 200 OK'),
    'a version of 0.9': status('HTTP/0.9 200 OK'),
    'no version': status('HTTP 200 OK'),
    'lower-case http': status('http/1.1 200 OK'),
    'ICY 200': status('ICY 200 OK'),
    'a status of two digits': status('HTTP/1.1 20 OK'),
    'a status of four digits': status('HTTP/1.1 2000 OK'),
    'a status of 999': status('HTTP/1.1 999 Odd'),
    'blank lines first': bytes('\r\n\r\n', status('HTTP/1.1 200 OK')),
    'a space first': bytes(' ', status('HTTP/1.1 200 OK')),
    'no header but the picture': picture,
    'another protocol': bytes('SSH-2.0-OpenSSH_9.2\r\n'),
    // lengths and framing
    'the same length twice': lines(size, size),
    'the same length in one line': lines(`Content-Length: ${length}, ${length}`),
    'two lengths': lines(size, `Content-Length: ${length + 1}`),
    'two lengths in one line': lines(`Content-Length: ${length}, ${length + 1}`),
    'a negative length': lines('Content-Length: -1'),
    'a length with a plus': lines(`Content-Length: +${length}`),
    'a length in quotes': lines(`Content-Length: "${length}"`),
    'a length with a unit': lines(`Content-Length: ${length} bytes`),
    'a length of zeros before': lines(`Content-Length: 000${length}`),
    'an empty length': lines('Content-Length:'),
    'a length beyond 64 bits': lines('Content-Length: 99999999999999999999999'),
    'a length of words': lines('Content-Length: unknown'),
    'a body beyond its length': bytes(lines(size), 'and more'),
    'a body short of its length': lines(`Content-Length: ${length + 1}`),
    chunks: whole,
    'chunks with a length': bytes(`HTTP/1.1 200 OK\r\n${size}\r\nTransfer-Encoding: chunked\r\n\r\n`, body),
    'chunks with a wrong length': bytes(
      'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n',
      body,
    ),
    'Chunked in capitals': bytes('HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n', body),
    'chunked twice': bytes(
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n',
      body,
    ),
    'chunked and identity': bytes('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, identity\r\n\r\n', body),
    'identity and chunked': bytes('HTTP/1.1 200 OK\r\nTransfer-Encoding: identity, chunked\r\n\r\n', body),
    'a transfer of identity': lines('Transfer-Encoding: identity', size),
    'a transfer of nothing': lines('Transfer-Encoding:', size),
    'a transfer of an unknown kind': lines('Transfer-Encoding: cheese', size),
    'chunks of gzip': bytes(
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n',
      gzip.length.toString(16),
      '\r\n',
      gzip,
      '\r\n0\r\n\r\n',
    ),
    'chunks under 1.0': bytes('HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', body),
    'chunks said but not sent': bytes(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n`, picture),
    'a chunk size with spaces behind': chunked(`${hex}   \r\n`, picture, '\r\n0\r\n\r\n'),
    'a chunk size with a space before': chunked(` ${hex}\r\n`, picture, '\r\n0\r\n\r\n'),
    'a chunk size with zeros': chunked(`0000${hex}\r\n`, picture, '\r\n000\r\n\r\n'),
    'a chunk size in capitals': chunked(`${hex.toUpperCase()}\r\n`, picture, '\r\n0\r\n\r\n'),
    'a chunk size with 0x': chunked(`0x${hex}\r\n`, picture, '\r\n0\r\n\r\n'),
    'a chunk size of 17 digits': chunked(`f${'0'.repeat(16)}\r\n`, picture, '\r\n0\r\n\r\n'),
    'a chunk with an extension': chunked(`${hex};name="va;lue"\r\n`, picture, '\r\n0\r\n\r\n'),
    'a chunk with an odd extension': chunked(`${hex} ;; =\x01\r\n`, picture, '\r\n0\r\n\r\n'),
    'chunks with bare LF': chunked(`${hex}\n`, picture, '\n0\n\n'),
    'chunks without a line end behind their data': chunked(`${hex}\r\n`, picture, '0\r\n\r\n'),
    'chunks with trailers': chunked(`${hex}\r\n`, picture, '\r\n0\r\nX-Checksum: 1\r\nno colon\r\n\r\n'),
    'chunks without their last one': chunked(`${hex}\r\n`, picture, '\r\n'),
    'a last chunk without its blank line': chunked(`${hex}\r\n`, picture, '\r\n0\r\n'),
    'bytes behind the last chunk': bytes(whole, 'and more'),
    // what stands before and around the answer
    '100 first': bytes('HTTP/1.1 100 Continue\r\n\r\n', lines(size)),
    '103 first': bytes('HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n', lines(size)),
    '102 first, five times': bytes('HTTP/1.1 102 Processing\r\n\r\n'.repeat(5), lines(size)),
    '100 first, a thousand times': bytes('HTTP/1.1 100 Continue\r\n\r\n'.repeat(1_000), lines(size)),
    '101 unasked': bytes(
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n',
      picture,
    ),
    'an upgrade offered': lines('Connection: Upgrade, close', 'Upgrade: h2,h2c', size),
    // statuses
    '201': status('HTTP/1.1 201 Created'),
    '202': status('HTTP/1.1 202 Accepted'),
    '203': status('HTTP/1.1 203 Non-Authoritative Information'),
    '204 with a body': status('HTTP/1.1 204 No Content'),
    '205 with a body': status('HTTP/1.1 205 Reset Content'),
    '206 unasked, of the whole': bytes(
      `HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-${length - 1}/${length}\r\n${size}\r\n\r\n`,
      picture,
    ),
    '206 unasked, of a part': bytes(
      `HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-${length - 1}/${length * 2}\r\n${size}\r\n\r\n`,
      picture,
    ),
    '207': status('HTTP/1.1 207 Multi-Status'),
    '226': status('HTTP/1.1 226 IM Used'),
    '200 with a Content-Range': lines(`Content-Range: bytes 0-${length - 1}/${length}`, size),
    '302 without Location': status('HTTP/1.1 302 Found'),
    '302 with an empty Location': bytes(`HTTP/1.1 302 Found\r\nLocation:\r\n${size}\r\n\r\n`, picture),
    '304 unasked': bytes('HTTP/1.1 304 Not Modified\r\n\r\n'),
    '305': redirect('/picture', 'HTTP/1.1 305 Use Proxy'),
    '404 with the picture': status('HTTP/1.1 404 Not Found'),
    'a Refresh': lines('Refresh: 0; url=/other', size),
    // redirects
    '300 with Location': redirect('/picture', 'HTTP/1.1 300 Multiple Choices'),
    '301': redirect('/picture', 'HTTP/1.1 301 Moved'),
    '303': redirect('/picture', 'HTTP/1.1 303 See Other'),
    '307': redirect('/picture', 'HTTP/1.1 307 Temporary Redirect'),
    '308': redirect('/picture', 'HTTP/1.1 308 Permanent Redirect'),
    'to a relative path': redirect('picture'),
    'to a path without a scheme': redirect('//HOST/picture'),
    'to a query': redirect('/picture?to=it'),
    'to dots': redirect('/a/b/../../picture'),
    'to raw UTF-8': redirect(utf8('/größe.jpg')),
    'to raw latin1': redirect('/gr\xf6\xdfe.jpg'),
    'to a path with spaces': redirect('/a b.jpg'),
    'to spaces around': redirect('  /picture  '),
    'to backslashes': redirect('\\picture'),
    'to a broken escape': redirect('/100%.jpg'),
    'to a fragment': redirect('/picture#part'),
    'to angle brackets': redirect('<http://HOST/picture>'),
    'to two places': bytes(
      'HTTP/1.1 302 Found\r\nLocation: /picture\r\nLocation: /nowhere\r\nContent-Length: 0\r\n\r\n',
    ),
    'beside a line without a colon': bytes(
      'HTTP/1.1 302 Found\r\nX-Odd\r\nLocation: /picture\r\nContent-Length: 0\r\n\r\n',
    ),
    'to itself': redirect('/to%20itself'),
    'to itself, with a cookie': (socket, request) =>
      void socket.end(
        /^cookie: seen=1/im.test(request)
          ? lines(size)
          : bytes(
              'HTTP/1.1 302 Found\r\nSet-Cookie: seen=1; Path=/\r\nLocation: ',
              request.split(' ')[1] ?? '',
              '\r\nContent-Length: 0\r\n\r\n',
            ),
      ),
    // codings that nobody asked for
    gzip: coded('gzip', gzip),
    'x-gzip': coded('x-gzip', gzip),
    'GZIP in capitals': coded('GZIP', gzip),
    deflate: coded('deflate', deflateSync(picture)),
    'deflate without its header': coded('deflate', deflateRawSync(picture)),
    br: coded('br', brotliCompressSync(picture)),
    zstd: coded('zstd', zstdCompressSync(picture)),
    'gzip of gzip': coded('gzip, gzip', gzipSync(gzip)),
    'gzip of gzip, in two lines': bytes(
      `HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Encoding: gzip\r\n\r\n`,
      gzipSync(gzip),
    ),
    'gzip of gzip of gzip': coded('gzip, gzip, gzip', gzipSync(gzipSync(gzip))),
    'gzip, then brotli': coded('gzip, br', brotliCompressSync(gzip)),
    'gzip in chunks': bytes(
      'HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n',
      gzip.length.toString(16),
      '\r\n',
      gzip,
      '\r\n0\r\n\r\n',
    ),
    'gzip in two members': coded(
      'gzip',
      bytes(gzipSync(picture.subarray(0, 100)), gzipSync(picture.subarray(100))),
    ),
    'gzip with bytes behind': coded('gzip', bytes(gzip, '\0\0\0and more')),
    'gzip without its checksum': coded('gzip', gzip.subarray(0, -8)),
    'gzip cut in half': coded('gzip', gzip.subarray(0, gzip.length / 2)),
    'gzip with a wrong checksum': coded('gzip', bytes(gzip.subarray(0, -8), '\0\0\0\0', gzip.subarray(-4))),
    'gzip that is damaged': coded(
      'gzip',
      bytes(gzip.subarray(0, 20), '\xff'.repeat(300), gzip.subarray(320)),
    ),
    'gzip said and not done': coded('gzip', picture),
    'gzip with the length of the picture': bytes(
      `HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n${size}\r\n\r\n`,
      gzip,
    ),
    'gzip done and not said': bytes(`HTTP/1.1 200 OK\r\nContent-Length: ${gzip.length}\r\n\r\n`, gzip),
    identity: coded('identity', picture),
    none: coded('none', picture),
    'an empty coding': coded('', picture),
    'a charset as the coding': coded('UTF-8', picture),
    compress: coded('compress', bytes('\x1f\x9d\x90', picture)),
  };
}

/** An origin that answers so at `/name`, with the picture where its redirects lead. */
export async function startOddOrigin(picture: Buffer): Promise<RawOrigin & { urlOf(name: string): string }> {
  const named = oddAnswers(picture);
  const answers: Record<string, RawAnswer> = Object.fromEntries(
    Object.entries(named).map(([name, answer]) => [`/${encodeURIComponent(name)}`, answer]),
  );
  const found = bytes(`HTTP/1.1 200 OK\r\nContent-Length: ${picture.length}\r\n\r\n`, picture);
  const umlauts = ['/gr%C3%B6%C3%9Fe.jpg', '/gr%c3%b6%c3%9fe.jpg', '/gr%F6%DFe.jpg', '/gr%f6%dfe.jpg'];
  for (const path of ['/picture', '/picture?to=it', '/a%20b.jpg', '/100%.jpg', ...umlauts])
    answers[path] = found;
  const origin = await startRawOrigin(answers);
  for (const [path, answer] of Object.entries(answers)) {
    if (Buffer.isBuffer(answer) && answer.includes('HOST'))
      answers[path] = Buffer.from(
        answer.toString('latin1').replace('HOST', `127.0.0.1:${origin.port}`),
        'latin1',
      );
  }
  return { ...origin, urlOf: (name) => `${origin.url}/${encodeURIComponent(name)}` };
}
