import type { Dataset } from "../data/index.js";
import { HypersphereError } from "../errors.js";
import { refuseUnknownOptions } from "../text/known-options.js";
import type { OpenOptions } from "./open-options.js";

/** However other files are named: they are not read here. */
type AnyOptions = OpenOptions<unknown>;

const ALL: readonly Dataset["kind"][] = ["table", "series", "images"];

/** The kinds of data that an option concerns. */
const CONCERNED: { readonly [name in keyof Required<AnyOptions>]: readonly Dataset["kind"][] } = {
  labelColumn: ["table", "series"],
  normalLabel: ["table", "series"],
  anomalyLabel: ["table", "series"],
  columns: ["table", "series"],
  exclude: ["table", "series"],
  columnTypes: ["table", "series"],
  missing: ["table", "series"],
  decimal: ["table", "series"],
  delimiter: ["table", "series"],
  header: ["table", "series"],
  maxColumns: ["table", "series"],
  maxStall: ["table", "series"],
  idColumn: ["table", "series"],
  splitColumn: ["table", "series"],
  perEntity: ["table", "series"],
  series: ["series"],
  window: ["series"],
  stride: ["series"],
  timeColumn: ["series"],
  entityColumn: ["series"],
  maxGap: ["series"],
  every: ["series"],
  fill: ["series"],
  season: ["series"],
  normalClass: ["images", "series"],
  labels: ["images"],
  onCorrupt: ["images"],
  channels: ["images"],
  maxPixels: ["images"],
  labelled: ALL,
  part: ALL,
  maxUnpacked: ALL,
  onProgress: ALL,
  signal: ALL,
};

/** The names of all options. */
export const OPEN_OPTIONS = Object.keys(CONCERNED) as readonly (keyof AnyOptions)[];

const HOLDS: { readonly [kind in Dataset["kind"]]?: string } = {
  images: "holds images, which have no columns",
};
const LACKS: { readonly [kind in Dataset["kind"]]?: string } = {
  images: "holds no images",
  series: "is read as rows of a table",
};

/** What says no more than its absence. */
const IDLE: AnyOptions = { series: false };

/**
 * Options that would do nothing are refused.
 * @param found the kind of the data, or of the model that they are for
 * @throws HypersphereError `invalid-option` naming the first of them
 */
export function refuseOptions(options: AnyOptions, found: Dataset["kind"], path: string): void {
  const name = OPEN_OPTIONS.find(
    (each) => options[each] !== undefined && options[each] !== IDLE[each] && !CONCERNED[each].includes(found),
  );
  if (name === undefined) return;
  const reason = HOLDS[found] ?? LACKS[CONCERNED[name][0]!];
  const said = name === "header" && options.header === false ? "header: false" : name;
  throw new HypersphereError("invalid-option", `option "${said}" was given, but ${path} ${reason}.`);
}

/** Options of readers of one format, which somebody may look for here. */
const OF_READERS: readonly string[] = ["array", "labelArray"];

/** @throws HypersphereError `invalid-option` naming the first option that does not exist */
export function refuseUnknownOpenOptions(options: object): void {
  refuseUnknownOptions(options, OPEN_OPTIONS, "of data that are opened", (name) =>
    OF_READERS.includes(name)
      ? 'Say which part of an archive is meant with option "part"; readNpzImages in hypersphere/io reads one array by its name.'
      : "Options of detectors are given to the detector.",
  );
}
