import { randomBytes, randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { HypersphereError } from "hypersphere";
import { RetentionPolicy, StorageType, type StreamInfo } from "nats";
import type { Broker, BrokerOptions, Message, Part } from "./broker.js";
import { besides, bucketOf, covers, hasWildcard, nameOf, type Place, placeOf } from "./nats-address.js";
import { Callers, called, type Given, type Leases, left } from "./nats-leases.js";
import { NatsPartition } from "./nats-partition.js";
import { NatsReader } from "./nats-reader.js";
import { away, NatsStore } from "./nats-store.js";
import type { NatsGroup, Target } from "./nats-work.js";
import { tlsOptions } from "./tls.js";

/** How often a worker that others come before tries to write the leases. */
const TRIES = 50;

/** What is there as long as a connection is. */
interface Opened {
  readonly store: NatsStore;
  readonly reader: NatsReader;
  readonly group: Omit<NatsGroup, "run">;
  readonly given: Given;
}

/**
 * Workers over NATS JetStream. Addresses: nats://[user:password@ or token@]host[:port]/subject, tls:// for TLS; `?stream=NAME` where
 * several streams hold the subject, `?creds=/path` for a file of credentials. Ids of messages are sequences of their stream.
 */
export class NatsBroker implements Broker {
  readonly partitions: number;
  readonly #options: BrokerOptions;
  readonly #source: Place;
  readonly #results: Place;
  readonly #dead: Place;
  readonly #worker = randomUUID();
  readonly #callers: Callers;
  readonly #held = new Map<number, NatsPartition>();
  #opened: Opened | undefined;

  /** @throws HypersphereError `invalid-option` */
  constructor(options: BrokerOptions) {
    this.#options = options;
    this.partitions = options.partitions;
    // Refused before anything is connected to.
    tlsOptions(options.from.startsWith("tls:"), options.tlsCa);
    this.#callers = new Callers(options.leaseMs);
    this.#source = placeOf(options.from, "--from");
    this.#results = placeOf(options.to, "--to");
    this.#dead = placeOf(options.deadLetters ?? besides(options.to, ".dead"), "--dead-letters");
    for (const [flag, place] of [
      ["--to", this.#results],
      ["--dead-letters", this.#dead],
    ] as const) {
      refuseTarget(flag, place, this.#source);
    }
    if (this.#results.subject === this.#dead.subject)
      throw new HypersphereError("invalid-option", "--to and --dead-letters have to be two subjects.");
  }

  async open(): Promise<void> {
    await this.#disconnect();
    const store = await NatsStore.connect(this.#source.server, this.#options.tlsCa);
    try {
      const { info, filter } = await sourceOf(store, this.#source);
      const replicas = info.config.num_replicas;
      const results = await targetOf(store, "--to", this.#results, replicas);
      const deadLetters = await targetOf(store, "--dead-letters", this.#dead, replicas);
      const { name } = info.config;
      const bucket = bucketOf(name, this.#source.subject, this.#options.group);
      await away(
        store.connection
          .jetstream()
          .views.kv(bucket, { history: 1, storage: StorageType.File, replicas, allow_direct: false }),
      );
      this.#opened = {
        store,
        reader: new NatsReader(store, name, filter),
        group: { bucket: `KV_${bucket}`, keys: `$KV.${bucket}.`, results, deadLetters },
        given: {
          partitions: this.partitions,
          results: results.subject,
          deadLetters: deadLetters.subject,
          created: info.created,
        },
      };
    } catch (error) {
      await store.connection.close().catch(() => {});
      throw error;
    }
  }

  async lease(): Promise<ReadonlyMap<number, string>> {
    const { store, group } = this.#opened!;
    const { run, owners } = await this.#change((leases) =>
      called(leases, this.#worker, this.#callers.alive(leases.workers, performance.now())),
    );
    for (const partition of [...this.#held.keys()])
      if (owners[partition] !== this.#worker) this.#held.delete(partition);
    await Promise.all(
      owners.map(async (owner, number) => {
        if (owner !== this.#worker || this.#held.has(number)) return;
        const partition = await NatsPartition.claim(store, { ...group, run }, number, this.#worker);
        if (partition !== undefined) this.#held.set(number, partition);
      }),
    );
    return new Map([...this.#held].map(([number, { place }]) => [number, place]));
  }

  read(after: string, count: number): Promise<readonly Message[]> {
    return this.#opened!.reader.read(after, count);
  }

  readOn(after: string, count: number): Promise<readonly Message[]> {
    return this.read(after, count);
  }

  async states(partition: number, names: readonly string[]): Promise<readonly (string | undefined)[]> {
    return (await this.#held.get(partition)?.states(names)) ?? names.map(() => undefined);
  }

  async allStates(partition: number): Promise<readonly string[]> {
    return (await this.#held.get(partition)?.allStates()) ?? [];
  }

  commit(parts: readonly Part[]): Promise<readonly boolean[]> {
    return Promise.all(
      parts.map(async (part) => {
        const done = (await this.#held.get(part.partition)?.commit(part)) ?? false;
        // Should it be this worker's nevertheless, it is claimed anew.
        if (!done) this.#held.delete(part.partition);
        return done;
      }),
    );
  }

  compare(a: string, b: string): number {
    return Number(a) - Number(b);
  }

  async close(release: boolean): Promise<void> {
    if (release && this.#opened?.store.connection.isClosed() === false) {
      await this.#change((leases) => left(leases, this.#worker));
      await this.#opened.reader.close();
    }
    await this.#disconnect();
  }

  async #disconnect(): Promise<void> {
    this.#held.clear();
    const { store } = this.#opened ?? {};
    this.#opened = undefined;
    await store?.connection.close().catch(() => {});
  }

  async #change(change: (leases: Leases) => Leases): Promise<Leases> {
    const { store, group, given } = this.#opened!;
    const key = `${group.keys}leases`;
    for (let k = 0; ; k++) {
      const found = await store.last(group.bucket, key);
      const leases = found === undefined ? begun(given) : (JSON.parse(found.data) as Leases);
      refuseOther(leases.given, given);
      const changed = change(leases);
      if ((await store.put(key, JSON.stringify(changed), found?.seq ?? 0)) !== undefined) return changed;
      if (k === TRIES) throw new HypersphereError("io", "The leases of the group change all the time.");
      await sleep(Math.random() * 10 * Math.min(k + 1, 10));
    }
  }
}

const begun = (given: Given): Leases => ({
  // Each answer has it twice, so it is short.
  run: randomBytes(9).toString("base64url"),
  given,
  workers: {},
  owners: Array.from({ length: given.partitions }, () => null),
});

function refuseTarget(flag: string, { server, subject }: Place, source: Place): void {
  if (server !== source.server) {
    throw new HypersphereError("invalid-option", `${flag} is on another server than --from.`, {
      hint: "Messages, results and places are kept in one JetStream.",
    });
  }
  if (hasWildcard(subject)) {
    throw new HypersphereError("invalid-option", `${flag} has a wildcard, expected a single subject.`, {
      hint: "Each partition answers to a subject below it, such as alarms.0.",
    });
  }
  if (subject !== source.subject && !covers(source.subject, `${subject}.0`)) return;
  throw new HypersphereError(
    "invalid-option",
    `--from "${source.subject}" would read what goes to ${flag}, "${subject}".`,
    { hint: "Choose a subject that --from does not match." },
  );
}

function refuseOther(begun: Given, given: Given): void {
  const odd = (Object.keys(given) as (keyof Given)[]).find((name) => begun[name] !== given[name]);
  if (odd === undefined) return;
  const what = {
    partitions: `with ${begun.partitions} partitions`,
    results: `with --to "${begun.results}"`,
    deadLetters: `with --dead-letters "${begun.deadLetters}"`,
    created: "on another stream of this name, which was deleted since",
  }[odd];
  throw new HypersphereError("invalid-option", `The group was begun ${what}.`, {
    hint: "Give all workers of a group the same, or choose another --group.",
  });
}

/** The stream that holds what is asked for, by its subject, or else all of the stream of that name. */
async function sourceOf(
  store: NatsStore,
  { subject, stream }: Place,
): Promise<{ info: StreamInfo; filter: string | undefined }> {
  const holding = await store.streamsOf(subject);
  const chosen = holding.filter(({ config }) => stream === undefined || config.name === stream);
  if (chosen.length > 1) {
    const all = chosen.map(({ config }) => config.name).join(", ");
    throw new HypersphereError("invalid-option", `Several streams hold "${subject}": ${all}.`, {
      hint: `Name one: --from "nats://host/${subject}?stream=${chosen[0]!.config.name}"`,
    });
  }
  if (chosen[0] !== undefined) return { info: chosen[0], filter: subject };
  const isName = stream === undefined && nameOf(subject) === subject;
  const info = isName ? await store.stream(subject) : undefined;
  if (info !== undefined) return { info, filter: undefined };
  const where =
    stream === undefined ? "No stream of JetStream" : `The stream "${stream}" is not there, or not one that`;
  throw new HypersphereError("unfit-data", `${where} holds all of the subject "${subject}".`, {
    hint: `Make one before messages are sent: nats stream add READINGS --subjects "${subject}"`,
  });
}

/** Where answers go: the stream that holds the subjects, which is made where there is none. */
async function targetOf(
  store: NatsStore,
  flag: string,
  { subject, stream }: Place,
  replicas: number,
): Promise<Target> {
  const wanted = `${subject}.*`;
  const holding = await store.streamsOf(wanted);
  const made = {
    ...{ name: stream ?? nameOf(subject), subjects: [wanted] },
    ...{ storage: StorageType.File, num_replicas: replicas },
  };
  const { config } =
    holding.find(({ config }) => stream === undefined || config.name === stream) ??
    (await away(store.manager.streams.add(made)));
  if (config.retention === RetentionPolicy.Limits)
    return { stream: config.name, subject, isReplicated: config.num_replicas > 1 };
  throw new HypersphereError("unfit-data", `The stream "${config.name}" of ${flag} drops what was read.`, {
    hint: "After a crash, what it holds tells what was answered: give it the retention limits.",
  });
}
