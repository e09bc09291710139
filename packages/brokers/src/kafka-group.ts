import type { Batch, Consumer, EachBatchPayload, Kafka, PartitionAssigner } from "kafkajs";
import { BrokerAway, type Message, textBody } from "./broker.js";
import { away, faultOf } from "./kafka-away.js";
import { loadKafkajs } from "./kafka-load.js";

/** How long a read waits for messages, in milliseconds. */
const BLOCK = 100;
/** Messages of a partition that wait to be answered; beyond that it is not asked for more. */
const MOST_WAITING = 1000;
/** A claim that is not read to its end within this time is given up, in milliseconds. */
const PATIENCE = 20_000;
/** Leases after which Kafka misses a member: with leases as they are by default the least that its brokers allow, six seconds. */
const SESSION = 1.2;

/** Of the topic that is read, and of that in which the states are. */
export interface Topics {
  readonly source: string;
  readonly states: string;
}

/** A partition that is read. */
interface Cursor {
  /** The next offset that was not seen. */
  next: number;
  readonly waiting: Message[];
  paused: boolean;
  /** Whether it was asked again where something seemed to be missing. */
  asked: boolean;
}

/** States that are being read, up to what was put there last. */
interface Load {
  readonly marker: string;
  readonly kept: Map<string, string>;
  readonly done: (kept: ReadonlyMap<string, string>) => void;
  readonly failed: (reason: Error) => void;
}

/**
 * A worker as a member of a consumer group of Kafka, which says which partitions are its own. Each goes with the partition of the same number in which
 * its states are.
 */
export class KafkaGroup {
  readonly #consumer: Consumer;
  readonly #topics: Topics;
  #assigned: ReadonlySet<number> = new Set();
  readonly #cursors = new Map<number, Cursor>();
  readonly #loads = new Map<number, Load>();
  #crash: Error | undefined;
  #wake: (() => void) | undefined;

  private constructor(consumer: Consumer, topics: Topics) {
    this.#consumer = consumer;
    this.#topics = topics;
    const { GROUP_JOIN, CRASH, END_BATCH_PROCESS } = consumer.events;
    consumer.on(GROUP_JOIN, ({ payload }) => this.#joined(payload.memberAssignment[topics.source] ?? []));
    consumer.on(CRASH, ({ payload }) => this.#crashed(payload.error));
    // Of batches that hold nothing but ends of transactions nothing else is heard.
    consumer.on(END_BATCH_PROCESS, ({ payload: { topic, partition, batchSize, lastOffset } }) => {
      const cursor = topic === topics.source ? this.#cursors.get(partition) : undefined;
      if (cursor !== undefined && batchSize === 0)
        cursor.next = Math.max(cursor.next, Number(lastOffset) + 1);
    });
  }

  static async join(kafka: Kafka, group: string, leaseMs: number, topics: Topics): Promise<KafkaGroup> {
    const { AssignerProtocol } = await loadKafkajs();
    const consumer = kafka.consumer({
      groupId: group,
      sessionTimeout: SESSION * leaseMs,
      heartbeatInterval: leaseMs / 5,
      rebalanceTimeout: 2 * SESSION * leaseMs,
      maxWaitTimeInMs: BLOCK,
      partitionAssigners: [together(topics, AssignerProtocol)],
      // The worker waits for a broker that is away, and joins anew.
      retry: { restartOnFailure: async () => false, retries: 3, initialRetryTime: 100, maxRetryTime: 1000 },
    });
    const joined = new KafkaGroup(consumer, topics);
    try {
      await away(consumer.connect());
      await away(consumer.subscribe({ topics: [topics.source, topics.states], fromBeginning: true }));
      await away(
        consumer.run({
          autoCommit: false,
          eachBatchAutoResolve: false,
          eachBatch: (payload) => joined.#take(payload),
        }),
      );
    } catch (error) {
      await consumer.disconnect().catch(() => {});
      throw error;
    }
    return joined;
  }

  /** Partitions that the group has given to this worker. */
  get assigned(): ReadonlySet<number> {
    if (this.#crash !== undefined) throw faultOf(this.#crash);
    return this.#assigned;
  }

  /** What is kept in a partition of the states, by key, up to what has a value. */
  load(partition: number, marker: string): Promise<ReadonlyMap<string, string>> {
    return new Promise((resolve, reject) => {
      const end = (): void => {
        clearTimeout(timer);
        this.#loads.delete(partition);
        if (this.#assigned.has(partition)) this.#pause(this.#topics.states, [partition]);
      };
      const failed = (reason: Error): void => {
        end();
        reject(reason);
      };
      const timer = setTimeout(() => failed(new BrokerAway("states are not read to their end")), PATIENCE);
      if (!this.#assigned.has(partition)) return failed(new BrokerAway("another worker's by now"));
      const done = (kept: ReadonlyMap<string, string>): void => {
        end();
        resolve(kept);
      };
      this.#loads.set(partition, { marker, kept: new Map(), done, failed });
      this.#consumer.seek({ topic: this.#topics.states, partition, offset: "0" });
      this.#consumer.resume([{ topic: this.#topics.states, partitions: [partition] }]);
    });
  }

  /** Reads messages of a partition from an offset on. */
  follow(partition: number, next: number): void {
    this.#cursors.set(partition, { next, waiting: [], paused: false, asked: false });
    if (!this.#assigned.has(partition)) return;
    this.#seek(partition, next);
    this.#consumer.resume([{ topic: this.#topics.source, partitions: [partition] }]);
  }

  /** Whether it is read; a partition that was another's in between is not. */
  follows(partition: number): boolean {
    return this.#cursors.has(partition);
  }

  leave(partition: number): void {
    this.#cursors.delete(partition);
    if (this.#assigned.has(partition)) this.#pause(this.#topics.source, [partition]);
  }

  async read(count: number): Promise<readonly Message[]> {
    if (![...this.#cursors.values()].some(({ waiting }) => waiting.length > 0)) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, BLOCK);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#wake = undefined;
    }
    if (this.#crash !== undefined) throw faultOf(this.#crash);
    const messages: Message[] = [];
    // Each has its turn first, lest one that is long keeps the others waiting.
    for (const [partition, cursor] of [...this.#cursors]) {
      if (messages.length === count) break;
      messages.push(...cursor.waiting.splice(0, count - messages.length));
      this.#cursors.delete(partition);
      this.#cursors.set(partition, cursor);
      if (!cursor.paused || cursor.waiting.length > MOST_WAITING / 2) continue;
      cursor.paused = false;
      if (this.#assigned.has(partition))
        this.#consumer.resume([{ topic: this.#topics.source, partitions: [partition] }]);
    }
    return messages;
  }

  /** Tells tools that show how far a group is. */
  async tell(places: ReadonlyMap<number, number>): Promise<void> {
    const offsets = [...places]
      .filter(([partition]) => this.#assigned.has(partition))
      .map(([partition, next]) => ({ topic: this.#topics.source, partition, offset: String(next) }));
    // Nothing rests on it.
    if (offsets.length > 0) await this.#consumer.commitOffsets(offsets).catch(() => {});
  }

  async close(): Promise<void> {
    this.#fail(new BrokerAway("closed"));
    await this.#consumer.disconnect().catch(() => {});
  }

  #joined(assigned: readonly number[]): void {
    this.#assigned = new Set(assigned);
    this.#fail(new BrokerAway("the group is divided anew"));
    this.#pause(this.#topics.states, assigned);
    for (const partition of [...this.#cursors.keys()])
      if (!this.#assigned.has(partition)) this.#cursors.delete(partition);
    for (const partition of assigned) {
      const cursor = this.#cursors.get(partition);
      if (cursor === undefined) this.#pause(this.#topics.source, [partition]);
      else this.#seek(partition, cursor.next);
    }
  }

  #crashed(error: Error): void {
    this.#crash = error;
    this.#fail(faultOf(error));
    this.#wake?.();
  }

  #fail(reason: Error): void {
    for (const load of [...this.#loads.values()]) load.failed(reason);
  }

  #pause(topic: string, partitions: readonly number[]): void {
    if (partitions.length > 0) this.#consumer.pause([{ topic, partitions: [...partitions] }]);
  }

  #seek(partition: number, next: number): void {
    this.#consumer.seek({ topic: this.#topics.source, partition, offset: String(next) });
  }

  async #take({ batch, resolveOffset }: EachBatchPayload): Promise<void> {
    if (batch.topic === this.#topics.states) this.#takeStates(batch);
    else if (!this.#takeMessages(batch)) return;
    resolveOffset(batch.messages.at(-1)!.offset);
  }

  #takeStates({ partition, messages }: Batch): void {
    const load = this.#loads.get(partition);
    if (load === undefined) return;
    for (const { key, value } of messages) {
      const name = String(key);
      if (value === null) load.kept.delete(name);
      else load.kept.set(name, String(value));
      if (String(value) !== load.marker) continue;
      load.done(load.kept);
      return;
    }
  }

  /** @returns false for a batch from before the partition was asked for from another place on */
  #takeMessages(batch: Batch): boolean {
    const { partition, messages } = batch;
    const cursor = this.#cursors.get(partition);
    if (cursor === undefined) return false;
    // As it was asked for; kafkajs has it, and does not declare it.
    const asked = Number((batch as Batch & { readonly fetchedOffset: string }).fetchedOffset);
    if (asked > cursor.next && !cursor.asked) {
      cursor.asked = true;
      this.#seek(partition, cursor.next);
      return false;
    }
    cursor.asked = false;
    for (const { offset, key, value } of messages) {
      if (Number(offset) < cursor.next) continue;
      const hasNoKey = key === null || key.length === 0;
      const body = textBody(value ?? Buffer.alloc(0));
      cursor.waiting.push({ id: `${partition}-${offset}`, ...body, partition, hasNoKey });
    }
    cursor.next = Math.max(cursor.next, Number(batch.lastOffset()) + 1);
    if (cursor.waiting.length >= MOST_WAITING) {
      cursor.paused = true;
      this.#pause(this.#topics.source, [partition]);
    }
    this.#wake?.();
    return true;
  }
}

/** Partitions of one number belong together. */
const together =
  (topics: Topics, protocol: typeof import("kafkajs").AssignerProtocol): PartitionAssigner =>
  ({ cluster }) => ({
    name: "hypersphere",
    version: 1,
    async assign({ members }) {
      const names = members.map(({ memberId }) => memberId).sort();
      const numbers = cluster.findTopicPartitionMetadata(topics.source).map(({ partitionId }) => partitionId);
      return names.map((memberId, k) => {
        const own = numbers.filter((number) => number % names.length === k);
        const assignment = { [topics.source]: own, [topics.states]: own };
        return {
          memberId,
          memberAssignment: protocol.MemberAssignment.encode({
            version: 1,
            assignment,
            userData: Buffer.alloc(0),
          }),
        };
      });
    },
    protocol: ({ topics: all }) => ({
      name: "hypersphere",
      metadata: protocol.MemberMetadata.encode({ version: 1, topics: all, userData: Buffer.alloc(0) }),
    }),
  });
