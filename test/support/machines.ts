import { execFileSync } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';

/** Another machine: a network namespace with one cable to this one. */
export type Machine = Disposable & {
  /** the command that has another one run there */
  prefix: readonly string[];
  /** the address of this machine on the cable */
  address: string;
  /** both ends of the cable */
  network: string;
  /** From now on nothing passes, and nobody is told. */
  cut(): void;
  mend(): void;
};

export function newMachine(): Machine {
  const id = randomBytes(4).toString('hex');
  const [name, ours, theirs] = [`ml-${id}`, `mla${id}`, `mlb${id}`];
  const prefix = `10.${randomInt(100, 250)}.${randomInt(250)}`;
  ip(`netns add ${name}`);
  try {
    ip(`link add ${ours} type veth peer name ${theirs} netns ${name}`);
    ip(`addr add ${prefix}.1/24 dev ${ours}`);
    ip(`link set ${ours} up`);
    for (const command of [
      `addr add ${prefix}.2/24 dev ${theirs}`,
      `link set ${theirs} up`,
      'link set lo up',
    ])
      ip(`-n ${name} ${command}`);
  } catch (error) {
    ip(`netns del ${name}`);
    throw error;
  }
  return {
    prefix: ['ip', 'netns', 'exec', name],
    address: `${prefix}.1`,
    network: `${prefix}.0/24`,
    cut: () => ip(`-n ${name} link set ${theirs} down`),
    mend: () => ip(`-n ${name} link set ${theirs} up`),
    [Symbol.dispose]: () => ip(`netns del ${name}`), // the cable goes with it
  };
}

export function ip(command: string): void {
  execFileSync('ip', command.split(' '), { stdio: 'pipe' });
}

/** Why this machine cannot play several ones; false if it can. */
export function noMachines(): string | false {
  try {
    newMachine()[Symbol.dispose]();
    return false;
  } catch (error) {
    return `this machine gives no network namespaces: ${(error as Error).message.trim()}`;
  }
}
