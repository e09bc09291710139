import { HypersphereError } from "../errors.js";
import { listZip, readZipEntry, type ZipArchive, type ZipEntry } from "../formats/zip.js";
import { sha256 } from "../math/digest.js";
import { shown } from "../text/shown.js";
import type { FleetSource } from "./fleet.js";
import { type FleetIndex, type FleetModelFile, INDEX_ENTRY, parseIndex, wrongFleet } from "./fleet-index.js";

/** Bytes of the header before each entry, without its name. */
const HEADER_BYTES = 30;

/** A fleet's file: the index is read, models are read when they are wanted. */
export class FleetArchive implements FleetSource {
  readonly index: FleetIndex;
  readonly source: string;
  readonly #zip: ZipArchive;
  readonly #entries: ReadonlyMap<string, ZipEntry>;

  private constructor(zip: ZipArchive, entries: ReadonlyMap<string, ZipEntry>, index: FleetIndex) {
    this.#zip = zip;
    this.#entries = entries;
    this.index = index;
    this.source = zip.archive.source;
  }

  /**
   * @throws HypersphereError `invalid-model` for an archive that is not a fleet, or in which entries are missing, doubled,
   * laid over each other or not named in its index; `unfit-data` for entries that unpack to more than the limit
   */
  static async open(zip: ZipArchive): Promise<FleetArchive> {
    const { source } = zip.archive;
    return asModel(async () => {
      const entries = byName(await listZip(zip.archive), source);
      refuseOverlaps([...entries.values()], source);
      const found = entries.get(INDEX_ENTRY);
      if (found === undefined) throw wrongFleet(source, `it has no entry ${INDEX_ENTRY}`);
      const index = parseIndex(await readZipEntry(zip, found), source);
      const named = [index.fallback, ...index.entities.flatMap(({ model }) => model ?? [])];
      for (const { entry, bytes } of named) {
        const size = entries.get(entry)?.size;
        if (size === undefined) throw wrongFleet(source, `its index names ${entry}, which is not there`);
        if (size !== bytes)
          throw wrongFleet(source, `${entry} has ${size} bytes where its index says ${bytes}`);
      }
      if (entries.size !== named.length + 1) {
        const known = new Set([INDEX_ENTRY, ...named.map(({ entry }) => entry)]);
        const other = [...entries.keys()].find((name) => !known.has(name))!;
        throw wrongFleet(source, `entry ${shown(other)} is not named in its index`);
      }
      return new FleetArchive(zip, entries, index);
    });
  }

  /** @throws HypersphereError `invalid-model` for bytes other than those that the index names, `unfit-data` beyond the limit */
  async read({ entry, sha256: expected }: FleetModelFile): Promise<Uint8Array> {
    return asModel(async () => {
      const bytes = await readZipEntry(this.#zip, this.#entries.get(entry)!);
      if ((await sha256(bytes)) === expected) return bytes;
      throw wrongFleet(this.source, `${entry} is not the model that its index names: its SHA-256 differs`);
    });
  }
}

function byName(entries: readonly ZipEntry[], source: string): Map<string, ZipEntry> {
  const found = new Map<string, ZipEntry>();
  for (const entry of entries) {
    if (found.has(entry.name)) throw wrongFleet(source, `it has two entries ${shown(entry.name)}`);
    found.set(entry.name, entry);
  }
  return found;
}

/** Entries that share their bytes are how a small file unpacks to a large one many times over. */
function refuseOverlaps(entries: readonly ZipEntry[], source: string): void {
  const ordered = entries.toSorted((a, b) => a.headerOffset - b.headerOffset);
  ordered.forEach(({ name, headerOffset, compressedSize }, k) => {
    const next = ordered[k + 1];
    if (next !== undefined && headerOffset + HEADER_BYTES + compressedSize > next.headerOffset)
      throw wrongFleet(source, `entries ${shown(name)} and ${shown(next.name)} overlap`);
  });
}

/** A damaged archive is a damaged model file to its caller. */
async function asModel<T>(action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof HypersphereError) || error.code !== "unreadable-data") throw error;
    throw new HypersphereError("invalid-model", error.message, {
      cause: error,
      ...(error.hint !== undefined && { hint: error.hint }),
    });
  }
}
