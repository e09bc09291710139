import { HypersphereError } from "hypersphere";
import type { Admin, Kafka } from "kafkajs";
import { type Broker, BrokerAway, type BrokerOptions, type Message, type Part } from "./broker.js";
import { fitting } from "./fitting.js";
import { besides, connectionOf, type Place, placeOf } from "./kafka-address.js";
import { away } from "./kafka-away.js";
import { KafkaGroup } from "./kafka-group.js";
import { loadKafkajs } from "./kafka-load.js";
import { KafkaPartition, type Target, type Targets } from "./kafka-partition.js";

/** A line that is larger than a message may be by default, less what goes with it. */
const LONGEST = 1_000_000;
/** How often a group's places are told to Kafka, in milliseconds. */
const TELL_MS = 5000;

interface Opened {
  readonly kafka: Kafka;
  readonly group: KafkaGroup;
  readonly targets: Targets;
}

/**
 * Workers over Kafka. Addresses: kafka://[user:password@]host[:port]/topic, kafkas:// for TLS, `?sasl=scram-sha-512`. Partitions are those of the topic, and
 * ids of messages are partition and offset.
 */
export class KafkaBroker implements Broker {
  readonly dealsOut = true;
  readonly #options: BrokerOptions;
  readonly #source: Place;
  readonly #results: Place;
  readonly #dead: Place;
  /** Of the group, its transactions and its topic of states. */
  readonly #name: string;
  #partitions = 0;
  #opened: Opened | undefined;
  readonly #held = new Map<number, KafkaPartition>();
  #toldAt = 0;

  /** @throws HypersphereError `invalid-option` */
  constructor(options: BrokerOptions) {
    this.#options = options;
    this.#source = placeOf(options.from, "--from");
    this.#results = placeOf(options.to, "--to");
    this.#dead = placeOf(options.deadLetters ?? besides(options.to, ".dead"), "--dead-letters");
    for (const [flag, { server }] of [
      ["--to", this.#results],
      ["--dead-letters", this.#dead],
    ] as const) {
      if (server === this.#source.server) continue;
      throw new HypersphereError("invalid-option", `${flag} is on another server than --from.`, {
        hint: "Messages, results and places are of one transaction, which needs one cluster.",
      });
    }
    if (new Set([this.#source, this.#results, this.#dead].map(({ topic }) => topic)).size < 3) {
      throw new HypersphereError(
        "invalid-option",
        "--from, --to and --dead-letters have to be three topics.",
      );
    }
    // Refused before anything is connected to.
    connectionOf(this.#source.server, options.tlsCa);
    if (!/^[\w.-]+$/.test(options.group)) {
      throw new HypersphereError("invalid-option", `--group is "${options.group}".`, {
        hint: "Over Kafka it names a topic: letters, digits, dots, _ and -.",
      });
    }
    this.#name = `hypersphere.${this.#source.topic}.${options.group}`;
  }

  get partitions(): number {
    return this.#partitions;
  }

  async open(): Promise<void> {
    await this.#disconnect();
    const { Kafka, logLevel } = await loadKafkajs();
    const kafka = new Kafka({
      ...connectionOf(this.#source.server, this.#options.tlsCa),
      clientId: "hypersphere",
      logLevel: logLevel.NOTHING,
      connectionTimeout: 5000,
      requestTimeout: 10_000,
      retry: { retries: 3, initialRetryTime: 100, maxRetryTime: 1000 },
    });
    const targets = await this.#topics(kafka.admin());
    const { leaseMs } = this.#options;
    const group = await KafkaGroup.join(kafka, this.#name, leaseMs, {
      source: this.#source.topic,
      states: targets.states,
    });
    this.#opened = { kafka, group, targets };
  }

  async lease(): Promise<ReadonlyMap<number, string>> {
    const { kafka, group, targets } = this.#opened!;
    const { assigned } = group;
    for (const partition of [...this.#held.keys()])
      if (!assigned.has(partition) || !group.follows(partition)) await this.#drop(partition);
    if (performance.now() - this.#toldAt > TELL_MS) {
      this.#toldAt = performance.now();
      await group.tell(new Map([...this.#held].map(([number, { place }]) => [number, offsetOf(place) + 1])));
    }
    const missing = [...assigned].filter((partition) => !this.#held.has(partition));
    await Promise.all(
      missing.map(async (number) => {
        const found = await this.#claimed(kafka, group, targets, number);
        if (found === undefined) return;
        if (!group.assigned.has(number)) return found.close();
        this.#held.set(number, found);
        group.follow(number, offsetOf(found.place) + 1);
      }),
    );
    return new Map([...this.#held].map(([number, { place }]) => [number, place]));
  }

  read(_: string, count: number): Promise<readonly Message[]> {
    return this.#opened!.group.read(count);
  }

  async states(partition: number, names: readonly string[]): Promise<readonly (string | undefined)[]> {
    return this.#held.get(partition)?.states(names) ?? names.map(() => undefined);
  }

  async allStates(partition: number): Promise<readonly string[]> {
    return this.#held.get(partition)?.allStates() ?? [];
  }

  commit(parts: readonly Part[]): Promise<readonly boolean[]> {
    return Promise.all(
      parts.map(async (part) => {
        const lines = fitting(part.results, part.deadLetters, LONGEST);
        const done = (await this.#held.get(part.partition)?.commit({ ...part, ...lines })) ?? false;
        // Should it be this worker's nevertheless, it is claimed anew.
        if (!done) await this.#drop(part.partition);
        return done;
      }),
    );
  }

  /** Partitions have no order among each other. */
  compare(a: string, b: string): number {
    const [[p, k], [q, l]] = [numbers(a), numbers(b)];
    return p === q ? k - l : 0;
  }

  async close(release: boolean): Promise<void> {
    const { group } = this.#opened ?? {};
    if (release && group !== undefined)
      await group.tell(new Map([...this.#held].map(([number, { place }]) => [number, offsetOf(place) + 1])));
    await this.#disconnect();
  }

  /** @returns undefined where another worker was quicker, or the group is being divided anew */
  async #claimed(
    kafka: Kafka,
    group: KafkaGroup,
    targets: Targets,
    number: number,
  ): Promise<KafkaPartition | undefined> {
    try {
      return await KafkaPartition.claim(kafka, group, this.#name, targets, number);
    } catch (error) {
      if (!(error instanceof BrokerAway)) throw error;
      // Says so where the broker is what is away.
      void group.assigned;
      return undefined;
    }
  }

  async #drop(partition: number): Promise<void> {
    const held = this.#held.get(partition);
    this.#held.delete(partition);
    this.#opened?.group.leave(partition);
    await held?.close();
  }

  async #disconnect(): Promise<void> {
    const { group } = this.#opened ?? {};
    this.#opened = undefined;
    const held = [...this.#held.values()];
    this.#held.clear();
    // First what holds its place in the group.
    await group?.close();
    await Promise.all(held.map((partition) => partition.close()));
  }

  /** Makes what is not there. @throws HypersphereError `unfit-data` for a topic that is not there, or has other partitions */
  async #topics(admin: Admin): Promise<Targets> {
    try {
      await away(admin.connect());
      const known = new Set(await away(admin.listTopics()));
      const { topic } = this.#source;
      if (!known.has(topic)) {
        throw new HypersphereError("unfit-data", `Kafka has no topic "${topic}".`, {
          hint: "Make it before messages are sent, with as many partitions as workers are to share.",
        });
      }
      const source = await shapeOf(admin, topic);
      this.#partitions = source.numPartitions;
      const made = async (name: string, entries: Record<string, string>): Promise<Target> => {
        if (!known.has(name)) await make(admin, name, source, entries);
        return { topic: name, partitions: (await shapeOf(admin, name)).numPartitions };
      };
      const states = await made(`${this.#name}.states`, { "cleanup.policy": "compact" });
      await refuseForgetting(admin, states.topic);
      if (states.partitions !== this.#partitions) {
        throw new HypersphereError(
          "unfit-data",
          `"${states.topic}" has ${states.partitions} partitions, and "${topic}" has ${this.#partitions}.`,
          { hint: "What is kept goes with the partitions as they were: choose another --group." },
        );
      }
      return {
        results: await made(this.#results.topic, {}),
        deadLetters: await made(this.#dead.topic, {}),
        states: states.topic,
      };
    } finally {
      await admin.disconnect().catch(() => {});
    }
  }
}

interface Shape {
  readonly numPartitions: number;
  /** Copies of each partition. */
  readonly replicationFactor: number;
}

async function shapeOf(admin: Admin, topic: string): Promise<Shape> {
  const { topics } = await away(admin.fetchTopicMetadata({ topics: [topic] }));
  const { partitions } = topics[0]!;
  return { numPartitions: partitions.length, replicationFactor: partitions[0]!.replicas.length };
}

async function make(
  admin: Admin,
  topic: string,
  shape: Shape,
  entries: Record<string, string>,
): Promise<void> {
  const configEntries = Object.entries(entries).map(([name, value]) => ({ name, value }));
  try {
    await admin.createTopics({
      waitForLeaders: true,
      // Kafka before 2.4 has no default for copies.
      topics: [{ topic, ...shape, configEntries }],
    });
  } catch (cause) {
    if (!isBeyond(cause)) await away(Promise.reject(cause));
  }
}

/** Of servers that have topics as soon as they are asked for, and cannot be asked to make them or how they are. */
const isBeyond = (cause: unknown): boolean =>
  ["KafkaJSServerDoesNotSupportApiKey", "KafkaJSBrokerNotFound"].includes((cause as Error).name);

/** @throws HypersphereError `unfit-data` for a topic that drops what is old, in place of what has a later value */
async function refuseForgetting(admin: Admin, topic: string): Promise<void> {
  const { ConfigResourceTypes } = await loadKafkajs();
  try {
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: ConfigResourceTypes.TOPIC, name: topic, configNames: ["cleanup.policy"] }],
    });
    const policy = resources[0]?.configEntries.find(({ configName }) => configName === "cleanup.policy");
    if (policy === undefined || policy.configValue === "compact") return;
    throw new HypersphereError(
      "unfit-data",
      `The topic "${topic}" has cleanup.policy=${policy.configValue}.`,
      {
        hint: "It holds the states of series and drops them one day: set cleanup.policy=compact.",
      },
    );
  } catch (cause) {
    if (!isBeyond(cause)) await away(Promise.reject(cause));
  }
}

/** "3-1042" is the message at offset 1042 of partition 3; "3--1" is before all of it. */
const numbers = (place: string): [number, number] => {
  const dash = place.indexOf("-");
  return [Number(place.slice(0, dash)), Number(place.slice(dash + 1))];
};
const offsetOf = (place: string): number => numbers(place)[1];
