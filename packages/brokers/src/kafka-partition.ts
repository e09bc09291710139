import { randomUUID } from "node:crypto";
import type { Kafka, Message as KafkaMessage, Producer, TopicMessages, Transaction } from "kafkajs";
import { BrokerAway, type Part } from "./broker.js";
import { away, faultOf, isFenced } from "./kafka-away.js";
import type { KafkaGroup } from "./kafka-group.js";

/** Where answers go, and how many partitions there are. */
export interface Target {
  readonly topic: string;
  readonly partitions: number;
}

export interface Targets {
  readonly results: Target;
  readonly deadLetters: Target;
  readonly states: string;
}

/** Keys of what is kept, besides those of states. */
const [PLACE, CLAIM, STATE] = ["place", "claim", "s:"];
/** Brokers take about 1 MB of a partition at once. */
const MOST_BYTES = 500_000;
/** An open transaction of a worker whose partition nobody takes over ends after so long. */
const TRANSACTION_MS = 60_000;

/**
 * A partition that a worker holds. What follows of some messages is one transaction: answers, dead letters, states and the place. Transactions of a partition
 * have one name, whoever writes them. Who takes the partition over says so to Kafka, which then ends what the last holder had open without effect, and takes
 * nothing more of it. Only then what is kept is read, up to a mark that the new holder has put behind it.
 */
export class KafkaPartition {
  readonly #producer: Producer;
  readonly #targets: Targets;
  readonly #number: number;
  readonly #kept: Map<string, string>;

  private constructor(
    producer: Producer,
    targets: Targets,
    number: number,
    kept: ReadonlyMap<string, string>,
  ) {
    this.#producer = producer;
    this.#targets = targets;
    this.#number = number;
    this.#kept = new Map(kept);
  }

  static async claim(
    kafka: Kafka,
    group: KafkaGroup,
    name: string,
    targets: Targets,
    number: number,
  ): Promise<KafkaPartition> {
    const producer = kafka.producer({
      transactionalId: `${name}-${number}`,
      transactionTimeout: TRANSACTION_MS,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      retry: { retries: 4, initialRetryTime: 50, maxRetryTime: 1000 },
    });
    try {
      await producer.connect();
      const transaction = await producer.transaction();
      const marker = randomUUID();
      await transaction.send({
        topic: targets.states,
        messages: [{ partition: number, key: CLAIM, value: marker }],
      });
      await transaction.commit();
      return new KafkaPartition(producer, targets, number, await group.load(number, marker));
    } catch (cause) {
      await producer.disconnect().catch(() => {});
      throw isFenced(cause)
        ? new BrokerAway("another worker's by now", { cause: cause as Error })
        : faultOf(cause);
    }
  }

  /** How far it is answered. */
  get place(): string {
    return this.#kept.get(PLACE) ?? `${this.#number}--1`;
  }

  states(names: readonly string[]): readonly (string | undefined)[] {
    return names.map((name) => this.#kept.get(STATE + name));
  }

  allStates(): readonly string[] {
    return [...this.#kept].filter(([key]) => key.startsWith(STATE)).map(([, state]) => state);
  }

  /** @returns whether the partition was still this worker's */
  async commit({ from, to, results, deadLetters, states }: Part): Promise<boolean> {
    if (from !== this.place) return false;
    const partition = this.#number;
    const kept = new Map([...states].map(([name, state]) => [STATE + name, state]));
    kept.set(PLACE, to);
    const lines = (target: Target, texts: readonly string[]): Entry[] =>
      texts.map((value) => [target.topic, { partition: partition % target.partitions, value }]);
    const entries: Entry[] = [
      ...lines(this.#targets.results, results),
      ...lines(this.#targets.deadLetters, deadLetters),
      ...Array.from(kept, ([key, value]): Entry => [this.#targets.states, { partition, key, value }]),
    ];
    let transaction: Transaction | undefined;
    try {
      transaction = await this.#producer.transaction();
      for (const batch of batches(entries)) await transaction.send(batch);
      await transaction.commit();
    } catch (cause) {
      if (isFenced(cause)) return false;
      // Whether it was kept shows when the partition is claimed anew.
      throw faultOf(cause);
    }
    for (const [key, value] of kept) {
      if (value === null) this.#kept.delete(key);
      else this.#kept.set(key, value);
    }
    return true;
  }

  async close(): Promise<void> {
    await away(this.#producer.disconnect()).catch(() => {});
  }
}

type Entry = [topic: string, message: KafkaMessage & { value: string | null }];

/**
 * In their order, none larger than a broker takes, and each of one topic. Topics have leaders of their own, and where one of two leaders asks for a second try
 * kafkajs 2.2.4 sends to both again, under a new number to the one whose answer was still on its way, which keeps the messages twice.
 */
function batches(entries: readonly Entry[]): TopicMessages[] {
  const all: (TopicMessages & { readonly messages: KafkaMessage[] })[] = [];
  let bytes = 0;
  for (const [topic, message] of entries) {
    const size = Buffer.byteLength(message.value ?? "") + String(message.key ?? "").length + 50;
    if (all.at(-1)?.topic !== topic || bytes + size > MOST_BYTES) {
      bytes = 0;
      all.push({ topic, messages: [] });
    }
    bytes += size;
    all.at(-1)!.messages.push(message);
  }
  return all;
}
