import { randomUUID } from "node:crypto";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { loadModel, type Model } from "hypersphere";
import type { Settings } from "../settings.js";
import type { Database } from "../store/index.js";
import { readFileOf, type StoredVersion } from "./model-store.js";

type Bounds = Pick<Settings, "modelMiB" | "strangerSeconds" | "strangerMiB">;

interface Entry {
  readonly model: Promise<Model>;
  readonly bytes: number;
}

/** Models in memory, loaded when they are first asked for; the one that was not asked for the longest time goes first. */
export class LoadedModels {
  readonly #db: Database;
  readonly #folder: string;
  readonly #bounds: Bounds;
  /** Least recently used first. */
  readonly #entries = new Map<string, Entry>();

  /** @param folder for files that exist while they are read */
  constructor(db: Database, folder: string, bounds: Bounds) {
    this.#db = db;
    this.#folder = folder;
    this.#bounds = bounds;
  }

  async open(version: StoredVersion): Promise<Model> {
    const key = `${version.sha256} ${version.trusted}`;
    const found = this.#entries.get(key);
    const entry = found ?? { model: this.#load(version), bytes: version.bytes };
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    if (found === undefined) {
      entry.model.catch(() => this.#entries.delete(key));
      this.#makeRoom();
    }
    return entry.model;
  }

  async close(): Promise<void> {
    const entries = [...this.#entries.values()];
    this.#entries.clear();
    await Promise.all(entries.map(async ({ model }) => (await model.catch(() => undefined))?.close()));
  }

  /** What is closed while it scores ends its work first. */
  #makeRoom(): void {
    let bytes = [...this.#entries.values()].reduce((sum, entry) => sum + entry.bytes, 0);
    for (const [key, entry] of this.#entries) {
      if (bytes <= this.#bounds.modelMiB * 2 ** 20 || this.#entries.size === 1) return;
      this.#entries.delete(key);
      bytes -= entry.bytes;
      void entry.model.then((model) => model.close()).catch(() => {});
    }
  }

  async #load(version: StoredVersion): Promise<Model> {
    return loadBytes(await readFileOf(this.#db, version), this.#folder, version.trusted, this.#bounds);
  }
}

/** Reads a model from its bytes: one that is not trusted is run in a process of its own. @throws HypersphereError */
export async function loadBytes(
  file: Uint8Array,
  folder: string,
  trusted: boolean,
  { strangerSeconds, strangerMiB }: Omit<Bounds, "modelMiB">,
): Promise<Model> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, `${randomUUID()}.onnx`);
  await writeFile(path, file, { mode: 0o600 });
  try {
    const limits = { seconds: strangerSeconds, memoryMiB: strangerMiB };
    return await loadModel(path, trusted ? {} : { trusted, limits });
  } finally {
    await rm(path, { force: true });
  }
}
