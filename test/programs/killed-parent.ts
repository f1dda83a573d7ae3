/** Prints the process id of its decoder, lets it encode for long, and is killed. */
import { photo, PHOTO_NAMES } from '../support/pictures.ts';
import { startEngine } from '../support/engine.ts';

const engine = await startEngine();
await engine.pool.probe();
const [pid = 0] = engine.pool.pids();
void engine.make(photo(PHOTO_NAMES[4] ?? ''), [{ format: 'avif', quality: 100 }]);
process.stdout.write(String(pid), () => setTimeout(() => process.kill(process.pid, 'SIGKILL'), 1_000));
