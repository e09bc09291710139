import { createHash } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { deserialize, serialize } from "node:v8";
import type { Checkpoint, CheckpointStore } from "hypersphere";

/** A training may say it many times a second; a disk need not hear of it more often. */
const WRITE_MS = 1000;

/** Keeps the state of a training in a folder, one file per key, each replaced as a whole: it is there or it is not. */
export class CheckpointFolder implements CheckpointStore {
  readonly #folder: string;
  readonly #written = new Map<string, number>();
  readonly #onFound: () => void;

  /** @param onFound hears of it when there is something to go on from */
  constructor(folder: string, onFound: () => void) {
    this.#folder = folder;
    this.#onFound = onFound;
  }

  async load(key: string): Promise<Checkpoint | undefined> {
    try {
      const [digest, body] = split(await readFile(this.#path(key)));
      if (!digest.equals(digestOf(body))) return undefined;
      const checkpoint = deserialize(body);
      this.#onFound();
      return checkpoint;
    } catch {
      // Without one, the training begins anew.
      return undefined;
    }
  }

  async save(key: string, checkpoint: Checkpoint): Promise<void> {
    const now = performance.now();
    if (now - (this.#written.get(key) ?? Number.NEGATIVE_INFINITY) < WRITE_MS) return;
    this.#written.set(key, now);
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const body = serialize(checkpoint);
    const path = this.#path(key);
    await writeFile(`${path}.new`, Buffer.concat([digestOf(body), body]), { mode: 0o600, flush: true });
    await rename(`${path}.new`, path);
  }

  #path(key: string): string {
    return join(this.#folder, createHash("sha256").update(key).digest("hex").slice(0, 32));
  }
}

const DIGEST_BYTES = 32;
const digestOf = (body: Uint8Array): Buffer => createHash("sha256").update(body).digest();
const split = (bytes: Buffer): [Buffer, Buffer] => [
  bytes.subarray(0, DIGEST_BYTES),
  bytes.subarray(DIGEST_BYTES),
];
