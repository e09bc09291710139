import { isUtf8 } from "node:buffer";
import { randomUUID } from "node:crypto";
import { HypersphereError } from "hypersphere";
import { Redis, type RedisOptions } from "ioredis";
import { type Broker, BrokerAway, type BrokerOptions, type Message, type Part, textBody } from "./broker.js";
import { COMMIT, LEASE, RELEASE } from "./redis-scripts.js";
import { CREDENTIALS, credential, distrusted, tlsOptions } from "./tls.js";

interface Place {
  readonly server: string;
  readonly stream: string;
}

/** Where Redis is, and who asks. */
type ServerOptions = Pick<RedisOptions, "host" | "port" | "path" | "username" | "password" | "tls" | "db">;

/** How long a read waits for messages, in milliseconds. */
const BLOCK = 100;
/** After so long without a word, Redis is taken for away. */
const TIMEOUT = 10_000;

/** Addresses: redis://[user:password@]host[:port]/stream, or rediss:// for TLS; `?db=1`, and `?socket=/path` in place of the host. */
export class RedisBroker implements Broker {
  readonly partitions: number;
  readonly #options: BrokerOptions;
  readonly #source: Place;
  readonly #results: string;
  readonly #dead: string;
  readonly #prefix: string;
  readonly #server: ServerOptions;
  readonly #worker = randomUUID();
  #redis: Redis | undefined;

  /** @throws HypersphereError `invalid-option` */
  constructor(options: BrokerOptions) {
    this.#options = options;
    this.partitions = options.partitions;
    this.#source = placeOf(options.from, "--from");
    const to = placeOf(options.to, "--to");
    const dead = placeOf(
      options.deadLetters ?? `${withoutQuery(options.to)}:dead${queryOf(options.to)}`,
      "--dead-letters",
    );
    for (const [flag, { server }] of [
      ["--to", to],
      ["--dead-letters", dead],
    ] as const) {
      if (server === this.#source.server) continue;
      throw new HypersphereError("invalid-option", `${flag} is on another server than --from.`, {
        hint: "Messages, results and places are kept in one step, which needs one Redis server and database.",
      });
    }
    this.#results = to.stream;
    this.#dead = dead.stream;
    if (new Set([this.#source.stream, this.#results, this.#dead]).size < 3) {
      throw new HypersphereError(
        "invalid-option",
        "--from, --to and --dead-letters have to be three streams.",
      );
    }
    this.#server = serverOf(options);
    this.#prefix = `hypersphere:${this.#source.stream}:${options.group}:`;
  }

  async open(): Promise<void> {
    this.#redis?.disconnect();
    const redis = new Redis({
      ...this.#server,
      lazyConnect: true,
      // The worker waits for a broker that is away, and reads anew how far it was.
      retryStrategy: () => null,
      maxRetriesPerRequest: 0,
      commandTimeout: TIMEOUT,
    });
    // Why a connection ended: what fails then says only that it did.
    let reason: Error | undefined;
    redis.on("error", (error) => {
      reason = error;
    });
    this.#redis = redis;
    await away(redis.connect().catch((error) => Promise.reject(reason ?? error)));
    for (const stream of [this.#source.stream, this.#results, this.#dead]) {
      const type = await away(redis.type(stream));
      if (type === "none" || type === "stream") continue;
      throw new HypersphereError("unfit-data", `"${stream}" is a ${type} of Redis, expected a stream.`);
    }
  }

  async lease(): Promise<ReadonlyMap<number, string>> {
    const { leaseMs, partitions } = this.#options;
    const keys = ["workers", "owners", "offsets", "meta"].map((name) => this.#prefix + name);
    const held = (await away(
      this.#redis!.eval(LEASE, 4, ...keys, this.#worker, leaseMs, partitions),
    )) as string[];
    return new Map(
      Array.from({ length: held.length / 2 }, (_, k) => [Number(held[2 * k]), held[2 * k + 1]!]),
    );
  }

  async read(after: string, count: number): Promise<readonly Message[]> {
    const { stream } = this.#source;
    return messagesOf(
      await away(this.#redis!.xreadBuffer("COUNT", count, "BLOCK", BLOCK, "STREAMS", stream, after)),
    );
  }

  async readOn(after: string, count: number): Promise<readonly Message[]> {
    const { stream } = this.#source;
    return messagesOf(await away(this.#redis!.xreadBuffer("COUNT", count, "STREAMS", stream, after)));
  }

  async states(partition: number, names: readonly string[]): Promise<readonly (string | undefined)[]> {
    const found = await away(this.#redis!.hmget(`${this.#prefix}states:${partition}`, ...names));
    return found.map((state) => state ?? undefined);
  }

  async allStates(partition: number): Promise<readonly string[]> {
    return away(this.#redis!.hvals(`${this.#prefix}states:${partition}`));
  }

  async commit(parts: readonly Part[]): Promise<readonly boolean[]> {
    // Far fewer arguments than lines, of which each would be written by itself.
    const given = parts.flatMap(({ partition, from, to, results, deadLetters, states }) => [
      ...[String(partition), from, to, results.join("\n"), deadLetters.join("\n"), String(states.size)],
      ...[...states].flatMap(([name, state]) => [name, state ?? ""]),
    ]);
    const keys = [`${this.#prefix}owners`, `${this.#prefix}offsets`, this.#results, this.#dead];
    const done = (await away(
      this.#redis!.eval(COMMIT, 5, ...keys, `${this.#prefix}states:`, this.#worker, ...given),
    )) as number[];
    return done.map((one) => one === 1);
  }

  compare(a: string, b: string): number {
    const [[ms, k], [otherMs, otherK]] = [numbers(a), numbers(b)];
    return ms - otherMs || k - otherK;
  }

  async close(release: boolean): Promise<void> {
    if (release && this.#redis?.status === "ready") {
      const keys = ["workers", "owners"].map((name) => this.#prefix + name);
      await away(this.#redis.eval(RELEASE, 2, ...keys, this.#worker));
    }
    this.#redis?.disconnect();
    this.#redis = undefined;
  }
}

/** Of bytes: as texts, those that are no UTF-8 would be changed without a word. */
const messagesOf = (found: Awaited<ReturnType<Redis["xreadBuffer"]>>): readonly Message[] =>
  (found?.[0]?.[1] ?? []).map(([id, fields]) => ({ id: String(id), ...bodyOf(fields) }));

/** @throws HypersphereError `invalid-option`, also for a file of an authority that is none */
function serverOf({ from, tlsCa }: BrokerOptions): ServerOptions {
  const { hostname, port, username, password, protocol, searchParams } = new URL(from);
  const socket = searchParams.get("socket");
  const tls = tlsOptions(protocol === "rediss:", tlsCa);
  return {
    ...(socket === null
      ? { host: hostname.replace(/^\[|\]$/g, ""), port: Number(port || 6379) }
      : { path: socket }),
    ...(username !== "" && { username: credential(username, "--from") }),
    ...(password !== "" && { password: credential(password, "--from") }),
    ...(tls && { tls }),
    db: Number(searchParams.get("db") ?? 0),
  };
}

/** A field called data, json, message or payload that is alone holds JSON; else fields are columns. */
function bodyOf(fields: readonly Buffer[]): Pick<Message, "body" | "isDamaged"> {
  const texts = fields.map(String);
  if (texts.length === 2 && /^(data|json|message|payload)$/.test(texts[0]!)) return textBody(fields[1]!);
  const named = Array.from({ length: texts.length / 2 }, (_, k) => [texts[2 * k]!, texts[2 * k + 1]!]);
  return { body: Object.fromEntries(named), ...(!fields.every(isUtf8) && { isDamaged: true }) };
}

const numbers = (id: string): [number, number] => id.split("-").map(Number) as [number, number];
const withoutQuery = (url: string): string => url.split("?")[0]!;
const queryOf = (url: string): string => (url.includes("?") ? `?${url.split("?")[1]}` : "");

function placeOf(text: string, flag: string): Place {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const stream = decodeURIComponent(url?.pathname.slice(1) ?? "");
  if (url === undefined || !/^rediss?:$/.test(url.protocol) || stream === "") {
    throw new HypersphereError("invalid-option", `${flag} is not the address of a stream of Redis.`, {
      hint: "Write redis://host/stream, rediss:// for TLS.",
    });
  }
  url.pathname = "";
  return { server: url.href, stream };
}

/** Answers of Redis that pass by themselves, too. */
const PASSING = /^(LOADING|BUSY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|READONLY|OOM|MISCONF)/;

/** Answers of Redis to whoever has not said who asks, or may not. */
const DENIED = /^(NOAUTH|WRONGPASS|NOPERM)/;

/** Whatever is no answer of Redis means that it is away. */
async function away<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (cause) {
    const { name, message } = cause as Error;
    const count = /PARTITIONS (\d+)/.exec(message)?.[1];
    if (count !== undefined) {
      throw new HypersphereError("invalid-option", `The group was begun with ${count} partitions.`, {
        hint: "Give all workers of a group the same number, or choose another --group.",
      });
    }
    const distrust = distrusted(cause);
    if (distrust !== undefined) throw distrust;
    if (name === "ReplyError" && !PASSING.test(message)) {
      // Not as the cause: it holds the command, and that of AUTH the password.
      throw new HypersphereError("io", `Redis refuses: ${message}`, {
        ...(DENIED.test(message) && { hint: CREDENTIALS }),
      });
    }
    throw new BrokerAway(message, { cause });
  }
}
