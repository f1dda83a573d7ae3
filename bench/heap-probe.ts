// Loaded into the measured process: on SIGUSR2 it collects garbage, and prints the size of its heap.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
let probes = 0;
process.on('SIGUSR2', () => {
  collect();
  probes += 1;
  console.log(`heap ${probes} has ${process.memoryUsage().heapUsed} bytes`);
});
