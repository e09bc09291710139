import { HypersphereError } from "../../errors.js";
import { Fleet } from "../../fleet/fleet.js";
import { FleetArchive } from "../../fleet/fleet-archive.js";
import { inMemory, type RandomAccess } from "../../formats/opened.js";
import { childBackend } from "../../runtime/node/child-runtime.js";
import { type OptionNames, refuseUnknownOptions } from "../../text/known-options.js";
import { byteSource } from "../byte-source.js";
import { checkedLimits, type LoadModelOptions } from "../load-model.js";
import { zlibInflate } from "../zlib-inflate.js";

export interface LoadFleetOptions extends Pick<LoadModelOptions, "trusted" | "limits"> {
  /** Models that are kept open at a time, beside the model of all entities; default 16. */
  readonly maxOpen?: number | undefined;
  /** Bytes that one model may unpack to; default 256 MiB, or 100 times its bytes in the file. Infinity lifts the limit. */
  readonly maxUnpacked?: number | undefined;
  /** What errors call it; default its path. */
  readonly name?: string | undefined;
}

const LOAD_OPTIONS = Object.keys({
  trusted: true,
  limits: true,
  maxOpen: true,
  maxUnpacked: true,
  name: true,
} satisfies OptionNames<LoadFleetOptions>);

/**
 * Opens a file of a fleet, or its bytes. The index is read; models are read when they are wanted, and a file has to stay where it is.
 *
 * @example
 * await using fleet = await loadFleet("fleet.hsz");
 * const { scores, own } = await fleet.score(await open("today.csv", { model: fleet }));
 *
 * @throws HypersphereError `io` where it cannot be read; `invalid-model` where it is no fleet, or damaged; `unfit-data` for an
 * index that unpacks to more than the limit; `invalid-option`
 */
export async function loadFleet(source: string | Uint8Array, options: LoadFleetOptions = {}): Promise<Fleet> {
  refuseUnknownOptions(options, LOAD_OPTIONS, "of loadFleet");
  const { trusted = true, limits, maxOpen, maxUnpacked, name } = options;
  if (trusted && limits !== undefined) {
    throw new HypersphereError("invalid-option", 'option "limits" is for fleets that are not trusted.', {
      hint: "Add trusted: false.",
    });
  }
  const archive = typeof source === "string" ? await fileOf(source) : inMemory(source, "the fleet");
  const named = { ...archive, source: name ?? archive.source };
  const opened = await FleetArchive.open({ archive: named, inflate: zlibInflate, control: { maxUnpacked } });
  return Fleet.open(opened, {
    maxOpen,
    ...(!trusted && { trusted, backend: childBackend({ limits: checkedLimits(limits) }) }),
  });
}

async function fileOf(path: string): Promise<RandomAccess> {
  const { name, totalBytes, slice } = await byteSource(path);
  if (slice === undefined || totalBytes === undefined) {
    throw new HypersphereError("io", `${name} is no file of which parts can be read one by one.`, {
      hint: "A fleet's models are read as they are wanted: copy it to a file first.",
    });
  }
  if (totalBytes === 0) return inMemory(new Uint8Array(), name);
  return {
    ...{ source: name, size: totalBytes, givesBuffers: true },
    slice: (from, to) => slice(Math.max(0, from), Math.min(to, totalBytes)),
  };
}
