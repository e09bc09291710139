/** Who holds which partitions: one record, which each worker replaces by compare-and-set. */
export interface Leases {
  /** Of what the group has answered since its record was begun: tells its answers from those before. */
  readonly run: string;
  /** What all workers of the group have to be given alike. */
  readonly given: Given;
  /** How often each has called. */
  readonly workers: Readonly<Record<string, number>>;
  /** By partition. */
  readonly owners: readonly (string | null)[];
}

export interface Given {
  readonly partitions: number;
  readonly results: string;
  readonly deadLetters: string;
  /** When the stream that is read was made: sequences of another one are others. */
  readonly created: string;
}

/** Tells by its own clock who has not called for long: clocks of workers may differ. */
export class Callers {
  readonly #leaseMs: number;
  readonly #seen = new Map<string, { readonly calls: number; readonly at: number }>();

  constructor(leaseMs: number) {
    this.#leaseMs = leaseMs;
  }

  /** @param now milliseconds of a clock that only goes forward */
  alive(workers: Leases["workers"], now: number): ReadonlySet<string> {
    const alive = new Set<string>();
    for (const [name, calls] of Object.entries(workers)) {
      if (this.#seen.get(name)?.calls !== calls) this.#seen.set(name, { calls, at: now });
      if (now - this.#seen.get(name)!.at < this.#leaseMs) alive.add(name);
    }
    for (const name of this.#seen.keys()) if (workers[name] === undefined) this.#seen.delete(name);
    return alive;
  }
}

/** A worker takes its share of what is nobody's, and gives back what it has beyond. */
export function called(leases: Leases, worker: string, alive: ReadonlySet<string>): Leases {
  const names = Object.keys(leases.workers).filter((name) => name !== worker && alive.has(name));
  const workers = Object.fromEntries(
    [...names, worker].map((name) => [name, (leases.workers[name] ?? 0) + (name === worker ? 1 : 0)]),
  );
  const share = Math.ceil(leases.owners.length / Object.keys(workers).length);
  let held = 0;
  const own = leases.owners.map((owner) => {
    if (owner === worker) return held++ < share ? worker : null;
    return owner !== null && workers[owner] !== undefined ? owner : null;
  });
  held = Math.min(held, share);
  const owners = own.map((owner, p) => {
    // What it gives back is for others.
    if (owner !== null || leases.owners[p] === worker || held >= share) return owner;
    held++;
    return worker;
  });
  return { ...leases, workers, owners };
}

export function left(leases: Leases, worker: string): Leases {
  const { [worker]: _, ...workers } = leases.workers;
  return { ...leases, workers, owners: leases.owners.map((owner) => (owner === worker ? null : owner)) };
}
