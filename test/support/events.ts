/** Reads streams of server-sent events as a browser does. */
import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { once } from 'node:events';

export type ServerEvent = { event: string; id: string; data: Record<string, unknown> };

export type EventReader = Disposable & {
  status: number;
  headers: IncomingHttpHeaders;
  events: ServerEvent[];
  comments: number;
  retries: number[];
  lastEventId: string;
  /** Resolves when the server has ended the stream, or it was broken off. */
  ended: Promise<void>;
  /** Resolves with the first event that fits, also one that has been read. */
  until(fits: (event: ServerEvent) => boolean): Promise<ServerEvent>;
  /** Reads no more until it is resumed. */
  pause(): void;
  resume(): void;
  close(): void;
};

/** Opens a stream, as an EventSource or after a cut. */
export async function readEvents(url: string, headers: Record<string, string> = {}): Promise<EventReader> {
  const request = httpRequest(url, { headers: { accept: 'text/event-stream', ...headers }, agent: false });
  request.on('error', () => {});
  request.end();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const events: ServerEvent[] = [];
  let waiting: (() => void)[] = [];
  let text = '';
  const reader: EventReader = {
    status: response.statusCode ?? 0,
    headers: response.headers,
    events,
    comments: 0,
    retries: [],
    lastEventId: headers['last-event-id'] ?? '',
    ended: new Promise((resolve) => response.once('close', () => resolve())),
    async until(fits) {
      let isOver = false;
      void reader.ended.then(() => {
        isOver = true;
        wake();
      });
      for (;;) {
        const found = events.find(fits);
        if (found) return found;
        if (isOver) throw new Error(`the stream ended without it: ${JSON.stringify(events.slice(-3))}`);
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
    },
    pause: () => void response.pause(),
    resume: () => void response.resume(),
    close: () => void response.destroy(),
    [Symbol.dispose]: () => void response.destroy(),
  };
  function wake(): void {
    for (const resolve of waiting.splice(0)) resolve();
  }
  response.on('error', () => {});
  response.setEncoding('utf8').on('data', (chunk: string) => {
    const blocks = (text + chunk).split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) readBlock(reader, block);
    wake();
  });
  return reader;
}

function readBlock(reader: EventReader, block: string): void {
  let [event, data] = ['', ''];
  for (const line of block.split('\n')) {
    const [, field = '', value = ''] = /^([^:]*): ?(.*)$/.exec(line) ?? [];
    if (field === '') reader.comments += 1;
    if (field === 'retry') reader.retries.push(Number(value));
    if (field === 'id') reader.lastEventId = value;
    if (field === 'event') event = value;
    if (field === 'data') data += value;
  }
  if (data !== '') reader.events.push({ event, id: reader.lastEventId, data: JSON.parse(data) });
}
