/**
 * Runs as root of a network namespace of its own, whose only interface is the loopback. Addresses that
 * must never be reached are assigned to it, with servers that count who comes; and some that may be, as
 * controls. A client in a process of its own is asked for all of them in every way. Prints what happened.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, createServer, isIP, type Server } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { startDns } from '../support/dns.ts';
import { smallPicture } from '../support/pictures.ts';

/** What the test gets to know. */
export type Report = {
  /** special addresses that answer whoever is not guarded */
  special: string[];
  attacks: Phase;
  controls: Phase;
  /** the special addresses, and all spellings of those of clouds' metadata, with networks around them allowed */
  allowed: Phase;
  /** connections to the proxy of the environment */
  proxied: number;
  shareLink: { url: string; rewritten_from: string };
};

type Phase = {
  downloads: { url: string; end: string }[];
  /** connections that came to each address */
  reached: Record<string, number>;
};

const CONTROLS = ['93.184.215.14', '2606:4700::1'];
const SPECIAL = [
  ...['10.0.0.5', '172.16.0.9', '192.168.1.1', '169.254.169.254', '100.64.0.1', '100.100.100.200'],
  ...['127.0.0.1', '127.8.8.8', '192.0.0.192', '192.0.2.1', '198.18.0.1', '198.51.100.7', '203.0.113.5'],
  ...['192.88.99.1', '168.63.129.16', '240.0.0.1', '0.1.2.3'],
  ...['::1', 'fd00::1', 'fd00:ec2::254', 'fc00::5', '100::1', '2001::1', '2001:db8::1', '2002:a00:5::1'],
  ...['64:ff9b::a00:5', '64:ff9b:1::a00:5', '64:ff9b:1:a00:0:500:808:808', '5f00::1', '3fff::1', 'fec0::1'],
  ...['2606:4700::5efe:a00:5'],
];
const METADATA = [
  ...[
    '169.254.169.254',
    '169.254.170.2',
    '169.254.170.23',
    '100.100.100.200',
    '192.0.0.192',
    '168.63.129.16',
  ],
  ...['fd00:ec2::254', 'fd00:ec2::23', 'fd20:ce::254'],
];
const PORTS = [80, 443, 8080];
const PROXY_PORT = 3128;
const [CONTROL = ''] = CONTROLS;
const CLIENT = join(import.meta.dirname, 'download-all.ts');
const MAIN = join(import.meta.dirname, '..', '..', 'src', 'main.ts');

const zone = new Map<string, string[][]>();
const picture = await smallPicture(1);

execFileSync('ip', ['link', 'set', 'lo', 'up']);
const assignable = [...new Set([...SPECIAL, ...METADATA])].filter(assign);
for (const address of CONTROLS) if (!assign(address)) throw new Error(`${address} cannot be assigned`);

let reached: Record<string, number> = {};
let proxied = 0;
const servers = [...PORTS.map(canaries), proxy()];
await Promise.all(servers.map((server) => once(server, 'listening')));
const dns = await startDns(zone);

const special = await answering(assignable);
const report: Report = {
  special,
  attacks: await phase(special.flatMap(attacksOn)),
  controls: await phase(CONTROLS.flatMap(waysTo)),
  allowed: await phase(
    [
      ...special.map((address) => `http://${hostOf(address)}/`),
      ...METADATA.flatMap(spellings).map((host) => `http://${host}/`),
    ],
    {
      ALLOWED_PRIVATE_NETWORKS:
        '10.0.0.0/8,100.100.100.0/24,169.254.0.0/16,192.0.0.0/24,168.63.129.16/32,fd00::/8',
    },
  ),
  shareLink: await shareLink(),
  proxied,
};
process.stdout.write(JSON.stringify(report));
await dns[Symbol.asyncDispose]();
for (const server of servers) server.close();

/** A server at one port of all addresses, which counts who comes to which. Port 443 speaks no TLS: to come is enough. */
function canaries(port: number): Server {
  const server = createHttpServer(answer).on('connection', ({ localAddress = '' }) => {
    const address = localAddress.replace(/^::ffff:/, '');
    reached[address] = (reached[address] ?? 0) + 1;
  });
  return server.listen(port, '::');
}

function proxy(): Server {
  const server = createServer((socket) => void socket.destroy()).on('connection', () => (proxied += 1));
  return server.listen(PROXY_PORT, '127.0.0.1');
}

function assign(address: string): boolean {
  if (address.startsWith('127.') || address === '::1') return true; // there already
  try {
    const range = `${address}/${isIP(address) === 4 ? 32 : 128}`;
    execFileSync('ip', ['addr', 'add', range, 'dev', 'lo', ...(isIP(address) === 6 ? ['nodad'] : [])], {
      stdio: 'ignore',
    });
    return true;
  } catch {
    return false;
  }
}

/** Those that answer whoever is not guarded: otherwise nothing would be proved by counting nobody. */
async function answering(addresses: string[]): Promise<string[]> {
  const answers = await Promise.all(
    addresses.map(async (address) => {
      const socket = connect(80, address).end('GET / HTTP/1.0\r\n\r\n');
      return text(socket).catch(() => '');
    }),
  );
  return addresses.filter((_, i) => answers[i]?.startsWith('HTTP/1.1 200'));
}

/** Ways to a public address that are as they should be. */
function waysTo(address: string): string[] {
  const name = nameFor([[address]]);
  const hosts = [hostOf(address), name];
  return [
    ...hosts.flatMap((host) => [`http://${host}/`, `http://${host}:8080/`, `https://${host}/`]),
    `http://${CONTROL}/hop/3?to=${encodeURIComponent(`http://${name}/`)}`,
  ];
}

/** Every way to an address: as it is, disguised, behind names that lie, and behind redirects. */
function attacksOn(address: string): string[] {
  const family = isIP(address);
  const control = CONTROLS.find((one) => isIP(one) === family) ?? CONTROL;
  const hosts = [
    hostOf(address),
    nameFor([[address]]),
    nameFor([[control, address]]),
    nameFor([[address, control]]),
    nameFor([[...CONTROLS, address]]),
    ...(family === 4 ? disguises(address) : []),
  ];
  const direct = hosts.flatMap((host) => [`http://${host}/`, `https://${host}/`, `http://${host}:8080/`]);
  const redirected = [1, 2, 3, 4, 5].flatMap((hops) =>
    [`http://${hostOf(address)}/`, `https://${hostOf(address)}/`, `http://${nameFor([[address]])}/`].map(
      (target) => `http://${CONTROL}/hop/${hops}?to=${encodeURIComponent(target)}`,
    ),
  );
  // The first answer is public, all later ones are not: each hop connects anew.
  const rebinding = nameFor([[control], [address]]);
  const rebound = `http://${rebinding}/hop/2?to=${encodeURIComponent(`http://${rebinding}/`)}`;
  return [...direct, ...redirected, rebound];
}

/** Names and other forms of an address. */
function spellings(address: string): string[] {
  const names = [
    nameFor([[address]]),
    ...(address === '169.254.169.254' ? ['metadata.google.internal'] : []),
  ];
  zone.set('metadata.google.internal', [['169.254.169.254']]);
  return isIP(address) === 4 ? [...names, ...disguises(address), `[64:ff9b::${address}]`] : names;
}

function disguises(address: string): string[] {
  const parts = address.split('.').map(Number);
  const number = parts.reduce((value, part) => value * 256 + part, 0);
  const hex = parts.map((part) => part.toString(16).padStart(2, '0'));
  return [
    String(number),
    `0x${number.toString(16)}`,
    parts.map((part) => `0${part.toString(8)}`).join('.'),
    `${address}.`,
    address.replaceAll('.', '。'),
    `[::ffff:${address}]`,
    `[::ffff:${hex[0]}${hex[1]}:${hex[2]}${hex[3]}]`,
    `[::${hex[0]}${hex[1]}:${hex[2]}${hex[3]}]`,
  ];
}

function hostOf(address: string): string {
  return isIP(address) === 6 ? `[${address}]` : address;
}

/** A new name that answers so. */
function nameFor(answers: string[][]): string {
  const name = `n${zone.size}.example`;
  zone.set(name, answers);
  return name;
}

/** A picture, or a redirect: `/hop/3?to=URL` leads there over two more. */
function answer(request: IncomingMessage, response: ServerResponse): void {
  response.setHeader('connection', 'close'); // so that names are looked up again
  const url = new URL(request.url ?? '/', `http://${request.headers.host}`);
  const hops = Number(/^\/hop\/(\d)$/.exec(url.pathname)?.[1] ?? 0);
  if (hops === 0) return void response.end(picture);
  const next = hops > 1 ? `/hop/${hops - 1}${url.search}` : url.searchParams.get('to');
  response.writeHead(302, { location: next ?? '/' }).end();
}

async function phase(urls: string[], settings: Record<string, string> = {}): Promise<Phase> {
  reached = {};
  const ends = await endsOf(urls, settings);
  return { downloads: urls.map((url, i) => ({ url, end: ends[i] ?? '' })), reached: { ...reached } };
}

function environment(settings: Record<string, string>): Record<string, string> {
  const proxy = `http://127.0.0.1:${PROXY_PORT}`;
  const proxies = {
    HTTP_PROXY: proxy,
    HTTPS_PROXY: proxy,
    ALL_PROXY: proxy,
    http_proxy: proxy,
    https_proxy: proxy,
  };
  return { PATH: process.env['PATH'] ?? '', ...proxies, NODE_USE_ENV_PROXY: '1', ...settings };
}

async function endsOf(urls: string[], settings: Record<string, string>): Promise<string[]> {
  const stdio = ['pipe', 'pipe', 'inherit'] as const;
  const client = spawn(process.execPath, [CLIENT], { env: environment(settings), stdio: [...stdio] });
  client.stdin.end(JSON.stringify(urls));
  return JSON.parse(await text(client.stdout)) as string[];
}

async function shareLink(): Promise<Report['shareLink']> {
  zone.set('drive.google.com', [[CONTROL]]);
  const args = [MAIN, 'fetch', 'https://drive.google.com/file/d/1AbC/view?usp=sharing', '--json'];
  const client = spawn(process.execPath, args, {
    env: environment({}),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const { hops } = JSON.parse(await text(client.stdout)) as { hops: Report['shareLink'][] };
  const { url = '', rewritten_from = '' } = hops[0] ?? {};
  return { url, rewritten_from };
}
