// Loaded into a measured server: on SIGUSR2 it collects garbage, and prints the size of its heap and how many
// statements it has sent. PostgreSQL's own count comes up to 10 s late.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Client } from 'pg';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
let [statements, probes] = [0, 0];

const { query } = Client.prototype;
Client.prototype.query = function counted(this: Client, ...args: unknown[]) {
  statements += 1;
  return Reflect.apply(query, this, args) as unknown;
} as typeof query;

process.on('SIGUSR2', () => {
  const before = statements;
  collect();
  probes += 1;
  console.log(`probe ${probes}: ${before} statements, ${process.memoryUsage().heapUsed} bytes`);
});
