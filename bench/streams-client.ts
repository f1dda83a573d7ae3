// Opens the event streams that its parent names, in a process of its own so that their server can be measured.
// It sends "open" when all are open, and how many events have arrived on each further message.
import { get } from 'node:http';

export type Heard = { progress: number; bytes: number };

let opened = 0;
const heard: Heard = { progress: 0, bytes: 0 };
process.once('message', (urls: string[]) => {
  for (const url of urls) listen(url, urls.length);
  process.on('message', () => process.send?.(heard));
});
process.on('disconnect', () => process.exit());

function listen(url: string, wanted: number): void {
  get(url, { agent: false }, (response) => {
    if (response.statusCode !== 200) throw new Error(`the answer was ${response.statusCode}`);
    opened += 1;
    if (opened === wanted) process.send?.('open');
    response.setEncoding('utf8');
    response.on('data', (text: string) => {
      heard.bytes += text.length;
      heard.progress += text.split('event: progress\n').length - 1;
    });
  });
}
