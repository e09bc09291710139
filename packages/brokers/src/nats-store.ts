import { readFileSync } from "node:fs";
import { HypersphereError } from "hypersphere";
import {
  connect,
  credsAuthenticator,
  headers,
  type JetStreamManager,
  type MsgHdrs,
  type NatsConnection,
  NatsError,
  type StreamInfo,
} from "nats";
import { BrokerAway } from "./broker.js";
import { urlsOf } from "./hosts.js";
import { covers } from "./nats-address.js";
import { NatsCalls } from "./nats-calls.js";
import { CREDENTIALS, credential, distrusted, tlsOptions } from "./tls.js";

/** After so many milliseconds without a word, NATS is taken for away. */
const TIMEOUT = 10_000;
/** Of JetStream: no such message, no such stream, and not the last message that was expected. */
const [NO_MESSAGE, NO_STREAM, OTHER_ID, OTHER_SEQUENCE] = [10037, 10059, 10070, 10071];
/** What passes by itself: no leader, no room at present, full streams that keep what is old. */
const PASSING = [10008, 10009, 10023, 10047, 10077];
/** Messages that are asked for at the same time. */
const AT_ONCE = 256;
/** Headers and whatever else goes with a message. */
const ROOM = 4096;

export interface Stored {
  readonly seq: number;
  readonly data: string;
  readonly bytes: Uint8Array;
  /** As the sender gave it; empty where it gave none. */
  readonly id: string;
}

/** What is asked of a NATS server: single messages of streams, by subject and sequence, with compare-and-set. */
export class NatsStore {
  readonly connection: NatsConnection;
  readonly manager: JetStreamManager;
  /** Bytes that one message may have. */
  readonly limit: number;
  readonly #calls: NatsCalls;

  private constructor(connection: NatsConnection, manager: JetStreamManager) {
    this.#calls = new NatsCalls(connection, TIMEOUT);
    this.connection = connection;
    this.manager = manager;
    this.limit = (connection.info?.max_payload ?? 2 ** 20) - ROOM;
  }

  /** @throws HypersphereError `io` for a server that refuses, or has no JetStream */
  static async connect(address: string, tlsCa?: string): Promise<NatsStore> {
    const urls = urlsOf(address);
    const url = urls[0]!;
    const tls = tlsOptions(url.protocol === "tls:", tlsCa);
    const creds = url.searchParams.get("creds");
    const [user, pass] = [url.username, url.password].map((text) => credential(text, "--from")) as [
      string,
      string,
    ];
    const connection = await away(
      connect({
        servers: urls.map(({ hostname, port }) => `${hostname || "127.0.0.1"}:${port || 4222}`),
        ...(pass !== "" ? { user, pass } : user !== "" && { token: user }),
        ...(creds !== null && { authenticator: credsAuthenticator(credentials(creds)) }),
        ...(tls && { tls }),
        // The worker waits for a broker that is away, and reads anew how far it was.
        reconnect: false,
        // Of each call, also of those that go well, there would be a stack.
        noAsyncTraces: true,
        timeout: TIMEOUT,
        pingInterval: TIMEOUT,
      }),
    );
    try {
      return new NatsStore(connection, await away(connection.jetstreamManager({ timeout: TIMEOUT })));
    } catch (error) {
      const has = connection.info?.jetstream === true;
      await connection.close().catch(() => {});
      if (has || !(error instanceof BrokerAway)) throw error;
      throw new HypersphereError("io", "The NATS server has no JetStream.", {
        hint: "Start it as nats-server -js, or with jetstream {} in its configuration.",
      });
    }
  }

  async stream(name: string): Promise<StreamInfo | undefined> {
    try {
      return await this.manager.streams.info(name);
    } catch (cause) {
      if (codeOf(cause) === NO_STREAM) return undefined;
      return away(Promise.reject(cause));
    }
  }

  /** Those that hold all that goes to a subject, which may have wildcards. */
  async streamsOf(subject: string): Promise<readonly StreamInfo[]> {
    const names = await away(this.manager.streams.names(subject).next());
    const found = await Promise.all(names.map((name) => this.stream(name)));
    return found.filter(
      (info): info is StreamInfo => info?.config.subjects?.some((held) => covers(held, subject)) === true,
    );
  }

  last(stream: string, subject: string): Promise<Stored | undefined> {
    return this.#get(stream, { last_by_subj: subject });
  }

  /** The last of each subject that a filter stands for. */
  async lastOfEach(stream: string, filter: string): Promise<readonly Stored[]> {
    const info = await away(this.manager.streams.info(stream, { subjects_filter: filter }));
    const subjects = Object.keys(info.state.subjects ?? {});
    const all: Stored[] = [];
    for (let k = 0; k < subjects.length; k += AT_ONCE) {
      const some = subjects.slice(k, k + AT_ONCE).map((subject) => this.last(stream, subject));
      all.push(...(await Promise.all(some)).filter((found) => found !== undefined));
    }
    return all;
  }

  /** The first from a sequence on. */
  next(stream: string, subject: string, seq: number): Promise<Stored | undefined> {
    return this.#get(stream, { seq, next_by_subj: subject } as { seq: number });
  }

  /**
   * @param after what has to be there before: the subject's last sequence, 0 for none, or the id of the stream's last message
   * @returns its sequence; undefined where another was the last
   */
  async put(
    subject: string,
    data: string | Uint8Array,
    after: number | string,
    id?: string,
  ): Promise<number | undefined> {
    try {
      const answer = await this.#calls.ask(subject, data, conditions(after, id));
      return sequenceOf(answer.json<Acknowledged>());
    } catch (cause) {
      if ([OTHER_ID, OTHER_SEQUENCE].includes(codeOf(cause)!)) return undefined;
      return away(Promise.reject(cause));
    }
  }

  /** Puts something whatever was there before. */
  async append(subject: string, data: string): Promise<void> {
    const done = this.#calls.ask(subject, data, headers());
    await away(done.then((answer) => sequenceOf(answer.json<Acknowledged>())));
  }

  /**
   * The same, of which nothing is heard: whether it was put, a message says that is put behind it, by its id.
   * @throws BrokerAway where the connection is closed
   */
  send(subject: string, data: string, after: number | string, id: string): void {
    if (this.connection.isClosed()) throw new BrokerAway("the connection is closed");
    this.connection.publish(subject, data, { headers: conditions(after, id) });
  }

  /** @param before a sequence from which on all stay */
  async purge(stream: string, filter: string, before?: number): Promise<void> {
    // NATS takes 1 for no bound, where nothing is before it.
    if (before !== undefined && before <= 1) return;
    await away(this.manager.streams.purge(stream, { filter, ...(before !== undefined && { seq: before }) }));
  }

  async #get(stream: string, query: { last_by_subj: string } | { seq: number }): Promise<Stored | undefined> {
    try {
      const found = await this.manager.streams.getMessage(stream, query);
      return { seq: found.seq, data: found.string(), bytes: found.data, id: found.header.get("Nats-Msg-Id") };
    } catch (cause) {
      if (codeOf(cause) === NO_MESSAGE) return undefined;
      return away(Promise.reject(cause));
    }
  }
}

function conditions(after: number | string, id: string | undefined): MsgHdrs {
  const all = headers();
  if (id !== undefined) all.append("Nats-Msg-Id", id);
  if (typeof after === "number") all.append("Nats-Expected-Last-Subject-Sequence", String(after));
  else all.append("Nats-Expected-Last-Msg-Id", after);
  return all;
}

/** What JetStream says of a message that was put. */
interface Acknowledged {
  readonly seq?: number;
  readonly error?: { readonly code: number; readonly err_code: number; readonly description: string };
}

function sequenceOf({ seq, error }: Acknowledged): number {
  if (error === undefined) return seq!;
  const refusal = new NatsError(error.description, String(error.code));
  refusal.api_error = error;
  throw refusal;
}

function credentials(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new HypersphereError("io", `The credentials "${path}" cannot be read.`, { cause });
  }
}

const codeOf = (cause: unknown): number | undefined =>
  cause instanceof NatsError ? cause.api_error?.err_code : undefined;

/** Whatever is no answer of NATS means that it is away. */
export async function away<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (cause) {
    if (cause instanceof HypersphereError) throw cause;
    const distrust = distrusted(cause);
    if (distrust !== undefined) throw distrust;
    const { message, code } = cause as NatsError;
    const told = cause instanceof NatsError && (cause.isAuthError() || cause.isPermissionError());
    const refused = codeOf(cause);
    if (told || (refused !== undefined && !PASSING.includes(refused))) {
      throw new HypersphereError("io", `NATS refuses: ${message}`, {
        cause: cause as Error,
        ...(told && { hint: CREDENTIALS }),
      });
    }
    // A mistake in a program has no code.
    if (code === undefined) throw cause;
    throw new BrokerAway(code === "503" ? "JetStream does not answer" : message, { cause });
  }
}
