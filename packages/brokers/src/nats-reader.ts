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
/** Of messages that are on their way, no more come after such a pause. */
const RUN_OUT = 3 * BLOCK;
/** Messages that are asked for at once, and for how long the request stands: what comes meanwhile is sent as it comes. */
const [ASKED, STANDS] = [1000, 5000];
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
  readonly #subject: string;
  readonly #inbox: string;
  readonly #subscription: Subscription;
  readonly #came: Read[] = [];
  /** Of the request that stands, messages that are still to come; 0 where none stands. */
  #due = 0;
  /** When NATS was last asked or heard. */
  #heard = 0;
  /** The consumer's own count, which has no gaps. */
  #delivered = 0;
  #place: string;
  #broken = false;
  #wake: (() => void) | undefined;

  constructor(store: NatsStore, stream: string, name: string, after: string) {
    this.name = name;
    this.#store = store;
    this.#subject = `$JS.API.CONSUMER.MSG.NEXT.${stream}.${name}`;
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
    await this.#gather(count);
    const messages = this.#came.splice(0, count).map(({ message }) => message);
    this.#place = messages.at(-1)?.id ?? this.#place;
    return messages;
  }

  end(): void {
    this.#subscription.unsubscribe();
  }

  /**
   * Waits for a first message for a moment, and for those behind it that the stream has. A request stands all the while, and from one read to
   * the next: with one for each read, messages that come when it ends would wait for the next.
   */
  async #gather(count: number): Promise<void> {
    const until = performance.now() + BLOCK;
    while (!this.#broken && this.#came.length < count && this.#came.at(-1)?.pending !== 0) {
      this.#ask();
      const before = this.#came.length;
      await this.#next(before === 0 ? Math.max(0, until - performance.now()) : RUN_OUT);
      if (this.#store.connection.isClosed()) throw new BrokerAway("the connection is closed");
      if (this.#came.length > before) continue;
      const now = performance.now();
      if (now - this.#heard > SILENCE) throw new BrokerAway("JetStream sends nothing");
      // A server that is busy may say that there is more, and then not a word.
      if (before > 0 || now >= until) return;
    }
  }

  #ask(): void {
    if (this.#due > 0) return;
    const { connection } = this.#store;
    if (connection.isClosed()) throw new BrokerAway("the connection is closed");
    const asked = { batch: ASKED, expires: nanos(STANDS) };
    connection.publish(this.#subject, JSON.stringify(asked), { reply: this.#inbox });
    this.#due = ASKED;
    this.#heard = performance.now();
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
    this.#heard = performance.now();
    if (message.reply === undefined || message.reply === "") {
      // The request has ended.
      this.#due = 0;
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
    this.#due--;
    this.#came.push({ message: { id: seq, ...textBody(message.data) }, pending });
  }
}
