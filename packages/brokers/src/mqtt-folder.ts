import { randomBytes } from "node:crypto";
import {
  closeSync,
  existsSync,
  fdatasync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from "node:fs";
import type { Server } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { crc32 } from "node:zlib";
import { HypersphereError } from "hypersphere";
import { lockFolder } from "./folder-lock.js";

/** What a folder is of: it is of use to nothing else. */
export interface FolderOwner {
  readonly from: string;
  readonly group: string;
  readonly share: string;
  readonly partitions: number;
}

/** A message that is answered and may come again: its packet, its quality of service, and a digest of what it said. */
export type Answered = readonly [packet: number, qos: 1 | 2, digest: string];
/** Something to publish. */
export type Outgoing = readonly [topic: string, text: string];

/** What becomes of messages, all of it or nothing. */
export interface Batch {
  /** Number of the last message that is answered. */
  readonly place: number;
  readonly answered: readonly Answered[];
  /** Null of series that are forgotten. */
  readonly states: readonly (readonly [name: string, state: string | null])[];
  readonly outgoing: readonly Outgoing[];
}

/** Lines of the journal. */
type Line =
  | (FolderOwner & { readonly version: 1; readonly key: string })
  | Batch
  /** The broker has received so many of the batch's results. */
  | { readonly received: number }
  | { readonly published: true }
  /** Packets of messages that the broker knows to be answered: they may bring others from here on. */
  | { readonly released: readonly number[] };

/** Messages of quality 1 that are remembered: at least as many as a broker sends before one is acknowledged. */
const OF_QUALITY_1 = 2048;
/** Bytes after which the journal is written anew, at least, with only what still counts. */
const COMPACT = 16 << 20;
const STATES_PER_LINE = 1000;
const synced = promisify(fdatasync);

/**
 * What a worker over MQTT has to know after kill -9: a journal, of which each line is written at once and counts only if it is whole. Nothing is
 * said to the broker before its line is written.
 */
export class MqttFolder {
  /** Whether it was begun by this process. */
  readonly isNew: boolean;
  readonly #path: string;
  readonly #lock: Server;
  #header: FolderOwner & { readonly key: string };
  #file = -1;
  #bytes = 0;
  #compactAt = COMPACT;
  readonly #states = new Map<string, string>();
  readonly #answered = new Map<number, Answered>();
  #place = 0;
  #outgoing: readonly Outgoing[] = [];
  #received = 0;

  /** @throws HypersphereError `io` for a folder that is in use or cannot be written; `unfit-data` for one of another worker; `unreadable-data` */
  static async open(folder: string, owner: FolderOwner): Promise<MqttFolder> {
    attempt(folder, () => mkdirSync(folder, { recursive: true }));
    const lock = await lockFolder(folder);
    try {
      return new MqttFolder(join(folder, "journal.jsonl"), lock, owner);
    } catch (error) {
      lock.close();
      throw error;
    }
  }

  private constructor(path: string, lock: Server, owner: FolderOwner) {
    this.#path = path;
    this.#lock = lock;
    this.#header = { key: randomBytes(4).toString("hex"), ...owner };
    this.isNew = !existsSync(path);
    if (!this.isNew) this.#replay(owner);
    this.#compact();
  }

  /** Tells this worker's messages from those of others, and of a folder before this one. */
  get key(): string {
    return this.#header.key;
  }

  /** Number of the last message that is answered. */
  get place(): number {
    return this.#place;
  }

  /** Results that are not known to be published, and how many of them the broker has received. */
  get unpublished(): { readonly outgoing: readonly Outgoing[]; readonly received: number } {
    return { outgoing: this.#outgoing, received: this.#received };
  }

  state(name: string): string | undefined {
    return this.#states.get(name);
  }

  statesOf(isWanted: (name: string) => boolean): string[] {
    return [...this.#states].filter(([name]) => isWanted(name)).map(([, state]) => state);
  }

  /** Whether a message was answered before. @param again as the broker says */
  knows([packet, qos, digest]: Answered, again: boolean): boolean {
    const known = this.#answered.get(packet);
    // A packet of quality 1 may bring another message once the broker has heard of the one before it, of quality 2 once it was released.
    return known !== undefined && known[1] === qos && known[2] === digest && (qos === 2 || again);
  }

  /** Resolves once the batch stays kept where the machine's power fails. */
  async keep(batch: Batch): Promise<void> {
    this.#write(batch);
    this.#apply(batch);
    await synced(this.#file).catch((cause) => {
      throw unusable(this.#path, cause);
    });
  }

  /** The broker has received so many of the results. */
  received(count: number): void {
    this.#write({ received: count });
    this.#received = count;
  }

  /** All results are published. */
  published(): void {
    this.#write({ published: true });
    this.#outgoing = [];
    this.#received = 0;
    if (this.#bytes > this.#compactAt) this.#compact();
  }

  release(packets: readonly number[]): void {
    const known = packets.filter((packet) => this.#answered.delete(packet));
    if (known.length > 0) this.#write({ released: known });
  }

  close(): void {
    closeSync(this.#file);
    this.#lock.close();
  }

  #apply({ place, answered, states, outgoing }: Batch): void {
    this.#place = place;
    for (const one of answered) {
      // Behind the others: the oldest are forgotten first.
      this.#answered.delete(one[0]);
      this.#answered.set(one[0], one);
    }
    let tooMany = this.#answered.size - OF_QUALITY_1;
    if (tooMany > 0) {
      for (const [packet, [, qos]] of this.#answered) {
        if (tooMany-- <= 0) break;
        if (qos === 1) this.#answered.delete(packet);
      }
    }
    for (const [name, state] of states) {
      if (state === null) this.#states.delete(name);
      else this.#states.set(name, state);
    }
    this.#outgoing = outgoing;
    this.#received = 0;
  }

  #replay(owner: FolderOwner): void {
    const lines = attempt(this.#path, () => readFileSync(this.#path, "utf8")).split("\n");
    // Behind the last end of a line is one that was not written to its end.
    lines.pop();
    for (const [k, text] of lines.entries()) {
      const line = parsed(text);
      // Where power failed, the last one may have its end and not all that is before it.
      if (line === undefined && k > 0 && k === lines.length - 1) return;
      if (line === undefined || "version" in line !== (k === 0)) throw damaged(this.#path, k + 1);
      if ("version" in line) {
        requireOwner(this.#path, line, owner);
        this.#header = { ...owner, key: line.key };
      } else if ("place" in line) this.#apply(line);
      else if ("released" in line) for (const packet of line.released) this.#answered.delete(packet);
      else if ("received" in line) this.#received = line.received;
      else this.#outgoing = [];
    }
  }

  /** Writes what counts into a file beside the journal, which then takes its place. */
  #compact(): void {
    const [beside, before] = [`${this.#path}.new`, this.#file];
    attempt(this.#path, () => {
      this.#file = openSync(beside, "w");
      this.#bytes = 0;
      this.#write({ version: 1, ...this.#header });
      const states = [...this.#states];
      for (let k = 0; k < states.length; k += STATES_PER_LINE)
        this.#write({ place: 0, answered: [], outgoing: [], states: states.slice(k, k + STATES_PER_LINE) });
      const answered = [...this.#answered.values()];
      this.#write({ place: this.#place, answered, states: [], outgoing: this.#outgoing });
      if (this.#received > 0) this.#write({ received: this.#received });
      fsyncSync(this.#file);
      renameSync(beside, this.#path);
      if (before >= 0) closeSync(before);
    });
    this.#compactAt = Math.max(COMPACT, 4 * this.#bytes);
  }

  #write(line: Line): void {
    const text = JSON.stringify(line);
    const bytes = Buffer.from(`${crc32(text).toString(16).padStart(8, "0")} ${text}\n`);
    attempt(this.#path, () => {
      for (let from = 0; from < bytes.length; ) from += writeSync(this.#file, bytes, from);
    });
    this.#bytes += bytes.length;
  }
}

function parsed(text: string): Line | undefined {
  const json = text.slice(9);
  return text.slice(0, 8) === crc32(json).toString(16).padStart(8, "0") ? JSON.parse(json) : undefined;
}

function requireOwner(path: string, found: FolderOwner, owner: FolderOwner): void {
  for (const name of ["from", "group", "share", "partitions"] as const) {
    if (found[name] === owner[name]) continue;
    throw new HypersphereError(
      "unfit-data",
      `${path} was begun with --${name} ${found[name]}, and not with ${owner[name]}.`,
      { hint: "Go on as it was begun, or begin with another --state-folder." },
    );
  }
}

const damaged = (path: string, line: number): HypersphereError =>
  new HypersphereError("unreadable-data", `Line ${line} of ${path} is not as it was written.`, {
    hint: "Restore the folder, or begin with another --state-folder: messages in between may then be answered twice.",
  });

const unusable = (path: string, cause: unknown): HypersphereError =>
  new HypersphereError("io", `${path} cannot be used: ${(cause as Error).message}.`, { cause });

/** @throws HypersphereError `io` */
function attempt<T>(path: string, what: () => T): T {
  try {
    return what();
  } catch (cause) {
    throw cause instanceof HypersphereError ? cause : unusable(path, cause);
  }
}
