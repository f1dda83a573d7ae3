// The store of a benchmark, in a process of its own so that its CPU time can be measured. It sends its settings to its
// parent, takes { latencyMs } from it, and ends with it. Each of these messages empties it.
import { startS3 } from '../test/support/s3.ts';

const s3 = await startS3({ isTrusting: true });
process.send?.(s3.settings);

process.on('message', (message: { latencyMs: number } | 'cpu') => {
  if (message === 'cpu') return void process.send?.({ ...process.cpuUsage() });
  const { latencyMs } = message;
  s3.fault = () => (latencyMs > 0 ? { is: 'slow', ms: latencyMs } : undefined);
  s3.requests.length = 0;
  for (const key of s3.objects.keys) s3.objects.delete(key);
  process.send?.({});
});
process.on('disconnect', () => process.exit());
