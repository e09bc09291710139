import { isUtf8 } from "node:buffer";

export interface BrokerOptions {
  /** The address of the messages: its protocol says which broker it is. */
  readonly from: string;
  /** Of the same server, since results and places are kept in one step. */
  readonly to: string;
  /** Default: that of `to` with ":dead" behind it, ".dead" over NATS and Kafka, "/dead" over MQTT. */
  readonly deadLetters?: string | undefined;
  /** Workers of one group share the messages. */
  readonly group: string;
  /** The same for all workers of a group. */
  readonly partitions: number;
  /** A worker that is silent for so long is taken for dead. */
  readonly leaseMs: number;
  /** Of brokers that keep no states: a folder of this worker alone. */
  readonly stateFolder?: string | undefined;
  /** Of brokers that do not deal partitions out: "2/3" is the second of three workers. */
  readonly share?: string | undefined;
  /** A file with the certificate of the authority that the broker's is signed by. */
  readonly tlsCa?: string | undefined;
  /** Is told what a person should know. */
  readonly warn?: ((text: string) => void) | undefined;
}

/** A message as it was sent. */
export interface Message {
  /** The broker's; later messages of one stream have greater ones. */
  readonly id: string;
  /** A JSON text, or fields by name. */
  readonly body: string | Readonly<Record<string, string>>;
  /** Its bytes are no UTF-8: the body has U+FFFD in the place of some. */
  readonly isDamaged?: boolean;
  /** What it is told apart by among all workers, where its id is of one alone. */
  readonly key?: string;
  /** Of brokers that deal messages out by themselves: where it is. */
  readonly partition?: number;
  /** Of brokers that deal messages out by their keys. */
  readonly hasNoKey?: boolean;
  /** What is known of it besides its body, by name. */
  readonly fields?: Readonly<Record<string, string>>;
}

/** A message's text of its bytes. */
export const textBody = (bytes: Uint8Array): Pick<Message, "body" | "isDamaged"> => ({
  body: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString(),
  ...(!isUtf8(bytes) && { isDamaged: true }),
});

/** What becomes of some messages of a partition, all of it or nothing. */
export interface Part {
  readonly partition: number;
  /** How far the partition has to be answered, so that this follows. */
  readonly from: string;
  /** How far it is answered then. */
  readonly to: string;
  /** Lines of JSON. */
  readonly results: readonly string[];
  readonly deadLetters: readonly string[];
  /** Of series that had a step: by name, as JSON; null of those that are forgotten. */
  readonly states: ReadonlyMap<string, string | null>;
}

/**
 * What a worker needs of a broker. Messages lie in one order. They are dealt to partitions by what they belong to, and a partition
 * is held by one worker at a time. Everything rejects with `BrokerAway` where the broker cannot be reached.
 */
export interface Broker {
  /** Number of partitions, the same for all workers of a group; of brokers that deal messages out, known once they are open. */
  readonly partitions: number;
  /**
   * Whether messages say their partition, and those of one partition alone have an order. Each partition is then answered up to its own
   * last message, and `read` goes on in each from where it was, whatever place it is given.
   */
  readonly dealsOut?: boolean;
  open(): Promise<void>;
  /** Renews what this worker holds, takes its share of what nobody holds; all that it holds, and how far each is answered. */
  lease(): Promise<ReadonlyMap<number, string>>;
  /** Messages after a place, in their order; none where none come within a moment. Not called while a commit is under way. */
  read(after: string, count: number): Promise<readonly Message[]>;
  /**
   * As `read`, but without waiting for messages, and also while a commit is under way. Brokers to which reading on says that what was
   * read before is answered have none.
   */
  readOn?(after: string, count: number): Promise<readonly Message[]>;
  /** What was kept of series of a partition, in the order of their names. */
  states(partition: number, names: readonly string[]): Promise<readonly (string | undefined)[]>;
  /** What is kept of all series of a partition, in any order. */
  allStates(partition: number): Promise<readonly string[]>;
  /** Results, dead letters, states and the place of each part in one step; whether each part was still this worker's to answer. */
  commit(parts: readonly Part[]): Promise<readonly boolean[]>;
  /** Below 0, 0, or above, as `sort` wants it. */
  compare(a: string, b: string): number;
  /** @param release gives back what is held, so that others take it at once */
  close(release: boolean): Promise<void>;
}

/** The broker does not answer: a worker waits for it. */
export class BrokerAway extends Error {
  override readonly name = "BrokerAway";
}
