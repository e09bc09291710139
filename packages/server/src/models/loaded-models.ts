import { randomUUID } from "node:crypto";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Fleet, loadFleet, loadModel, type Model } from "hypersphere";
import type { Settings } from "../settings.js";
import type { Database } from "../store/index.js";
import { fleetOf, refuseFleet } from "./fleet-facts.js";
import { readFileOf, type StoredVersion } from "./model-store.js";

type Bounds = Pick<Settings, "modelMiB" | "strangerSeconds" | "strangerMiB" | "fleetModels">;

interface Entry {
  readonly opened: Promise<Model | FleetFile>;
  readonly bytes: number;
}

/** A fleet, and the file that it reads its models from. */
interface FleetFile {
  readonly fleet: Fleet;
  readonly path: string;
}

/** Models and fleets in memory, loaded when they are first asked for; the one that was not asked for the longest time goes first. */
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

  /** @throws Problem `conflict` for a fleet */
  async open(version: StoredVersion): Promise<Model> {
    refuseFleet(version, "this asks for one model");
    return this.#opened(version, version.bytes, () => this.#load(version));
  }

  /** A version of which `fleetOf` says that it is one: its models are read from a file when their entities come up. */
  async openFleet(version: StoredVersion): Promise<Fleet> {
    const { fallbackBytes = 0, largestBytes = 0 } = fleetOf(version) ?? {};
    // What may be open at a time: the file itself stays on the disk.
    const bytes = fallbackBytes + this.#bounds.fleetModels * largestBytes;
    return (await this.#opened(version, bytes, () => this.#loadFleet(version))).fleet;
  }

  async close(): Promise<void> {
    const entries = [...this.#entries.values()];
    this.#entries.clear();
    await Promise.all(entries.map((entry) => closed(entry).catch(() => {})));
  }

  async #opened<T extends Model | FleetFile>(
    version: StoredVersion,
    bytes: number,
    load: () => Promise<T>,
  ): Promise<T> {
    const key = `${version.sha256} ${version.trusted}`;
    const found = this.#entries.get(key);
    const entry = found ?? { opened: load(), bytes };
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    if (found === undefined) {
      entry.opened.catch(() => this.#entries.delete(key));
      this.#makeRoom();
    }
    // The same bytes are always the same kind of file.
    return entry.opened as Promise<T>;
  }

  /** What is closed while it scores ends its work first. */
  #makeRoom(): void {
    let bytes = [...this.#entries.values()].reduce((sum, entry) => sum + entry.bytes, 0);
    for (const [key, entry] of this.#entries) {
      if (bytes <= this.#bounds.modelMiB * 2 ** 20 || this.#entries.size === 1) return;
      this.#entries.delete(key);
      bytes -= entry.bytes;
      void closed(entry).catch(() => {});
    }
  }

  async #load(version: StoredVersion): Promise<Model> {
    return loadBytes(await readFileOf(this.#db, version), this.#folder, version.trusted, this.#bounds);
  }

  async #loadFleet(version: StoredVersion): Promise<FleetFile> {
    return loadFleetBytes(await readFileOf(this.#db, version), this.#folder, version.trusted, this.#bounds);
  }
}

async function closed({ opened }: Entry): Promise<void> {
  const found = await opened;
  await ("fleet" in found ? closeFleet(found) : found.close());
}

/** Rows that are being scored may ask for further models: these find no file, and their request is told. */
export async function closeFleet({ fleet, path }: FleetFile): Promise<void> {
  await fleet.close();
  await rm(path, { force: true });
}

/** Reads a model from its bytes: one that is not trusted is run in a process of its own. @throws HypersphereError */
export async function loadBytes(
  file: Uint8Array,
  folder: string,
  trusted: boolean,
  bounds: Pick<Bounds, "strangerSeconds" | "strangerMiB">,
): Promise<Model> {
  const path = await written(file, folder, "onnx");
  try {
    return await loadModel(path, originOf(trusted, bounds));
  } finally {
    await rm(path, { force: true });
  }
}

/** The same of a fleet, whose file stays until it is closed. @throws HypersphereError */
export async function loadFleetBytes(
  file: Uint8Array,
  folder: string,
  trusted: boolean,
  { fleetModels: maxOpen, ...bounds }: Pick<Bounds, "strangerSeconds" | "strangerMiB" | "fleetModels">,
): Promise<FleetFile> {
  const path = await written(file, folder, "hsz");
  try {
    // Where the service keeps it is no matter of those who ask.
    return {
      fleet: await loadFleet(path, { name: "the fleet's file", maxOpen, ...originOf(trusted, bounds) }),
      path,
    };
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}

async function written(file: Uint8Array, folder: string, ending: string): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, `${randomUUID()}.${ending}`);
  await writeFile(path, file, { mode: 0o600 });
  return path;
}

const originOf = (
  trusted: boolean,
  { strangerSeconds: seconds, strangerMiB: memoryMiB }: Pick<Bounds, "strangerSeconds" | "strangerMiB">,
) => (trusted ? {} : { trusted, limits: { seconds, memoryMiB } });
