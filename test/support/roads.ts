import { randomBytes, randomInt } from 'node:crypto';
import { ip } from './machines.ts';

/** What machines reach each other over. Each is a switch of its own, so that a machine may be cut off from one alone. */
export const ROADS = ['database', 'store', 'rest'] as const;
export type Road = (typeof ROADS)[number];

/** Switches in this machine, with other machines at them: network namespaces with one cable to each switch. */
export type Roads = Disposable & {
  /** of this machine */
  addressOn(road: Road): string;
  /** of everybody there */
  networkOf(road: Road): string;
  newMachine(): RoadMachine;
};

export type RoadMachine = {
  /** the command that has another one run there */
  prefix: readonly string[];
  addressOn(road: Road): string;
  /** From now on nothing passes, and nobody is told. */
  cut(road: Road): void;
  mend(road: Road): void;
};

export function newRoads(): Roads {
  const id = randomBytes(3).toString('hex');
  const begin = `10.${randomInt(100, 250)}`;
  const third = randomInt(80);
  const switches = ROADS.map((_, i) => ({ name: `mlr${id}s${i}`, subnet: `${begin}.${3 * third + i}` }));
  const on = (road: Road) => switches[ROADS.indexOf(road)] ?? { name: '', subnet: '' };
  const machines: string[] = [];

  function dispose(): void {
    for (const name of machines) ip(`netns del ${name}`); // their cables go with them
    for (const { name } of switches) ip(`link del ${name}`);
  }

  function newMachine(): RoadMachine {
    const number = machines.length + 1;
    const name = `mlr${id}-${number}`;
    ip(`netns add ${name}`);
    machines.push(name);
    ip(`-n ${name} link set lo up`);
    for (const [i, { name: bridge, subnet }] of switches.entries()) {
      const ours = cableTo(number, i);
      ip(`link add ${ours} type veth peer name road${i} netns ${name}`);
      ip(`link set ${ours} master ${bridge} up`);
      ip(`-n ${name} addr add ${subnet}.${number + 1}/24 dev road${i}`);
      ip(`-n ${name} link set road${i} up`);
    }
    return {
      prefix: ['ip', 'netns', 'exec', name],
      addressOn: (road) => `${on(road).subnet}.${number + 1}`,
      cut: (road) => ip(`link set ${cableTo(number, ROADS.indexOf(road))} down`),
      mend: (road) => ip(`link set ${cableTo(number, ROADS.indexOf(road))} up`),
    };
  }

  function cableTo(machine: number, road: number): string {
    return `mlr${id}${machine}r${road}`;
  }

  for (const { name, subnet } of switches) {
    ip(`link add ${name} type bridge`);
    ip(`addr add ${subnet}.1/24 dev ${name}`);
    ip(`link set ${name} up`);
  }
  return {
    addressOn: (road) => `${on(road).subnet}.1`,
    networkOf: (road) => `${on(road).subnet}.0/24`,
    newMachine,
    [Symbol.dispose]: dispose,
  };
}

/** Why this machine cannot play several ones on switches; false if it can. */
export function noRoads(): string | false {
  try {
    using roads = newRoads();
    roads.newMachine();
    return false;
  } catch (error) {
    return `this machine gives no network namespaces with bridges: ${(error as Error).message.trim()}`;
  }
}
