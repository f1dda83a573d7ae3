import { readFile } from 'node:fs/promises';
import { totalmem } from 'node:os';

/** All decoders together: half of what the machine or the container has. */
export function defaultBudget(): number {
  const constrained = process.constrainedMemory();
  const total = constrained > 0 && constrained < totalmem() ? constrained : totalmem();
  return total / 2;
}

export type MemoryBudget = {
  /** Waits until there is room, in the order of the calls. What is larger than all of it runs alone. */
  enter(bytes: number): Promise<void>;
  leave(bytes: number): void;
};

export function createMemoryBudget(total: number): MemoryBudget {
  const waiting: { bytes: number; admit: () => void }[] = [];
  let [used, inside] = [0, 0];

  function admitNext(): void {
    for (let first = waiting[0]; first; first = waiting[0]) {
      if (inside > 0 && used + first.bytes > total) return;
      waiting.shift();
      used += first.bytes;
      inside += 1;
      first.admit();
    }
  }

  return {
    enter(bytes) {
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.push({ bytes, admit: resolve });
      admitNext();
      return promise;
    },
    leave(bytes) {
      used -= bytes;
      inside -= 1;
      admitNext();
    },
  };
}

/** Memory of a process in bytes (proc(5), VmRSS); undefined where the system does not tell it so. */
export async function residentMemory(pid: number): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, 'latin1').catch(() => '');
  const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(status)?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}
