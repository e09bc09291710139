import { createHash } from "node:crypto";
import { readFile, unlink } from "node:fs/promises";
import { HypersphereError } from "../../errors.js";
import { errno, readError } from "../../io/fs-errors.js";
import { checkWritable, writeFileAtomic } from "../../io/write-file.js";
import type { Checkpoint, CheckpointStore, Json } from "../../model/contract.js";

/**
 * Layout: the magic text, SHA-256 of all that follows, length of the header (uint32, little endian), the header in
 * JSON {key: {json, vectors: {name: [first float, floats]}}}, spaces up to a multiple of four, and the floats
 * (float32, little endian).
 */
const MAGIC = "hypersphere checkpoint 1\n";
const DIGEST_BYTES = 32;
/** Training may report many times a second; a disk need not hear of it more often than this. */
const WRITE_MS = 1000;

type Header = Record<string, { json: Json; vectors: Record<string, [number, number]> }>;

/** Keeps the state of a training in one file, which is replaced as a whole each time. */
export class CheckpointFile implements CheckpointStore {
  readonly path: string;
  readonly resumed: boolean;
  readonly #entries: Map<string, Checkpoint>;
  /** Whether the training asked for what is kept, which those do that can go on from it. */
  asked = false;
  #dirty = false;
  #written = Number.NEGATIVE_INFINITY;
  #writing: Promise<void> = Promise.resolve();

  private constructor(path: string, entries: Map<string, Checkpoint>) {
    this.path = path;
    this.resumed = entries.size > 0;
    this.#entries = entries;
  }

  /** Reads the file, if it is there. @throws HypersphereError `unreadable-data` for a file that is something else, `io` */
  static async open(path: string): Promise<CheckpointFile> {
    // That it may be replaced is checked before hours of training.
    await checkWritable(path, { force: true });
    let bytes: Buffer;
    try {
      bytes = await readFile(path);
    } catch (error) {
      if (errno(error) === "ENOENT") return new CheckpointFile(path, new Map());
      throw await readError(error, path);
    }
    return new CheckpointFile(path, decode(bytes, path));
  }

  async load(key: string): Promise<Checkpoint | undefined> {
    this.asked = true;
    return this.#entries.get(key);
  }

  async save(key: string, checkpoint: Checkpoint): Promise<void> {
    this.#entries.set(key, checkpoint);
    this.#dirty = true;
    if (performance.now() - this.#written >= WRITE_MS) await this.flush();
  }

  /** Writes what was saved since the last time. */
  async flush(): Promise<void> {
    if (this.#dirty) {
      this.#dirty = false;
      this.#written = performance.now();
      const parts = encode(this.#entries);
      this.#writing = this.#writing.then(() => writeFileAtomic(this.path, parts, { force: true }));
    }
    await this.#writing;
  }

  /** The training is done: nothing will be resumed. */
  async remove(): Promise<void> {
    this.#dirty = false;
    await this.#writing;
    await unlink(this.path).catch(() => {});
  }
}

function encode(entries: ReadonlyMap<string, Checkpoint>): Uint8Array[] {
  const header: Header = {};
  const vectors: Uint8Array[] = [];
  let floats = 0;
  for (const [key, checkpoint] of entries) {
    const placed: Record<string, [number, number]> = {};
    for (const [name, vector] of Object.entries(checkpoint.vectors)) {
      placed[name] = [floats, vector.length];
      floats += vector.length;
      vectors.push(new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength));
    }
    header[key] = { json: checkpoint.json, vectors: placed };
  }
  const text = Buffer.from(JSON.stringify(header));
  const padded = Buffer.concat([text, Buffer.alloc(-text.length & 3, " ")]);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(padded.length);
  const body = [length, padded, ...vectors];
  const digest = createHash("sha256");
  for (const part of body) digest.update(part);
  return [Buffer.from(MAGIC), digest.digest(), ...body];
}

function decode(bytes: Buffer, path: string): Map<string, Checkpoint> {
  if (!bytes.subarray(0, MAGIC.length).equals(Buffer.from(MAGIC))) {
    throw new HypersphereError(
      "unreadable-data",
      `${path} exists and is not a checkpoint; it was left as it is.`,
      {
        hint: "Name a new file for --checkpoint.",
      },
    );
  }
  const body = bytes.subarray(MAGIC.length + DIGEST_BYTES);
  const digest = createHash("sha256").update(body).digest();
  if (body.length < 4 || !digest.equals(bytes.subarray(MAGIC.length, MAGIC.length + DIGEST_BYTES))) {
    throw new HypersphereError(
      "unreadable-data",
      `The checkpoint ${path} is damaged: its checksum differs.`,
      {
        hint: "Delete it to train from the start.",
      },
    );
  }
  const floatsFrom = 4 + body.readUInt32LE(0);
  const header = JSON.parse(body.toString("utf8", 4, floatsFrom)) as Header;
  const entries = new Map<string, Checkpoint>();
  for (const [key, { json, vectors }] of Object.entries(header)) {
    const read: Record<string, Float32Array> = {};
    for (const [name, [first, length]] of Object.entries(vectors)) {
      // A buffer of its own: inside the file, floats lie at any offset.
      const from = floatsFrom + 4 * first;
      read[name] = new Float32Array(new Uint8Array(body.subarray(from, from + 4 * length)).buffer);
    }
    entries.set(key, { json, vectors: read });
  }
  return entries;
}
