import {
  AckPolicy,
  createInbox,
  DeliverPolicy,
  type Msg,
  nanos,
  ReplayPolicy,
  type Subscription,
} from "nats";
import { BrokerAway, type Message, textBody } from "./broker.js";
import { away, type NatsStore } from "./nats-store.js";

/** How long a read waits for messages, in milliseconds. */
const BLOCK = 100;
/** Of messages that were asked for, no more come after such a pause. */
const RUN_OUT = 3 * BLOCK;
/** After so long without a word, NATS is taken for away. */
const SILENCE = 10_000;
/** A consumer that nobody asks for so long is gone. */
const KEPT = 300_000;

/** Reads a stream in its order from any place on. */
export class NatsReader {
  readonly #store: NatsStore;
  readonly #stream: string;
  /** Undefined for all subjects of the stream. */
  readonly #filter: string | undefined;
  #cursor: Cursor | undefined;

  constructor(store: NatsStore, stream: string, filter: string | undefined) {
    this.#store = store;
    this.#stream = stream;
    this.#filter = filter;
  }

  async read(after: string, count: number): Promise<readonly Message[]> {
    if (this.#cursor?.isAt(after) !== true) {
      await this.close();
      this.#cursor = await this.#begin(after);
    }
    return this.#cursor!.read(count);
  }

  async close(): Promise<void> {
    const cursor = this.#cursor;
    this.#cursor = undefined;
    cursor?.end();
    // One that stays is gone by itself.
    if (cursor !== undefined)
      await this.#store.manager.consumers.delete(this.#stream, cursor.name).catch(() => {});
  }

  async #begin(after: string): Promise<Cursor> {
    const { name } = await away(
      this.#store.manager.consumers.add(this.#stream, {
        deliver_policy: DeliverPolicy.StartSequence,
        opt_start_seq: Number(after) + 1,
        ack_policy: AckPolicy.None,
        replay_policy: ReplayPolicy.Instant,
        inactive_threshold: nanos(KEPT),
        mem_storage: true,
        num_replicas: 1,
        ...(this.#filter !== undefined && { filter_subject: this.#filter }),
      }),
    );
    return new Cursor(this.#store, this.#stream, name, after);
  }
}

interface Read {
  readonly message: Message;
  /** Messages of the stream that are still to come. */
  readonly pending: number;
}

/** A consumer of JetStream that is asked for messages. */
class Cursor {
  readonly name: string;
  readonly #store: NatsStore;
  readonly #ask: string;
  readonly #inbox: string;
  readonly #subscription: Subscription;
  readonly #came: Read[] = [];
  /** The consumer's own count, which has no gaps. */
  #delivered = 0;
  #place: string;
  #broken = false;
  #wake: (() => void) | undefined;
  #status = false;

  constructor(store: NatsStore, stream: string, name: string, after: string) {
    this.name = name;
    this.#store = store;
    this.#ask = `$JS.API.CONSUMER.MSG.NEXT.${stream}.${name}`;
    this.#place = after;
    this.#inbox = createInbox();
    this.#subscription = store.connection.subscribe(this.#inbox, {
      callback: (error, message) => {
        if (error !== null) this.#broken = true;
        else this.#take(message);
        this.#wake?.();
      },
    });
    store.connection.closed().then(() => this.#wake?.());
  }

  isAt(after: string): boolean {
    return !this.#broken && this.#place === after;
  }

  async read(count: number): Promise<readonly Message[]> {
    if (this.#came.length === 0) await this.#pull(count);
    const messages = this.#came.splice(0, count).map(({ message }) => message);
    this.#place = messages.at(-1)?.id ?? this.#place;
    return messages;
  }

  end(): void {
    this.#subscription.unsubscribe();
  }

  /** Waits for messages for a moment; NATS then sends those that it has, and no others. */
  async #pull(count: number): Promise<void> {
    this.#status = false;
    const asked = { batch: count, no_wait: true, expires: nanos(BLOCK) };
    const { connection } = this.#store;
    if (connection.isClosed()) throw new BrokerAway("the connection is closed");
    connection.publish(this.#ask, JSON.stringify(asked), { reply: this.#inbox });
    while (!this.#broken && !this.#status && this.#came.length < count && this.#came.at(-1)?.pending !== 0) {
      const before = this.#came.length;
      await this.#next(before === 0 ? SILENCE : RUN_OUT);
      if (connection.isClosed()) throw new BrokerAway("the connection is closed");
      if (this.#came.length > before || this.#broken || this.#status) continue;
      if (before === 0) throw new BrokerAway("JetStream sends nothing");
      // A server that is busy sends what it can until the request runs out, and then not a word.
      return;
    }
  }

  /** Until something comes. */
  #next(patience: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, patience);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #take(message: Msg): void {
    const { code } = message.headers ?? {};
    if (message.reply === undefined || message.reply === "") {
      this.#status = true;
      // The consumer is gone, as after a restart: another one goes on at the place.
      if (code === 503 || code === 409) this.#broken = true;
      return;
    }
    // $JS.ACK, perhaps domain and account, stream, consumer, deliveries, sequences of stream and consumer, time, pending.
    const tokens = message.reply.split(".");
    const own = tokens.slice(tokens.length > 9 ? 6 : 4);
    const [seq, delivered, pending] = [own[1]!, Number(own[2]), Number(own[4])];
    // Where one was lost on the way, those behind it are read again.
    if (delivered !== this.#delivered + 1) this.#broken = true;
    if (this.#broken) return;
    this.#delivered = delivered;
    this.#came.push({ message: { id: seq, ...textBody(message.data) }, pending });
  }
}
