import type { Dataset } from "../data/index.js";
import { HypersphereError } from "../errors.js";
import type { OpenOptions } from "./open-options.js";

/** However other files are named: they are not read here. */
type AnyOptions = OpenOptions<unknown>;

/** The kinds of data that an option concerns. Options that are not here concern all. */
const CONCERNED: { readonly [name in keyof AnyOptions]?: readonly Dataset["kind"][] } = {
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
  series: ["series"],
  window: ["series"],
  stride: ["series"],
  timeColumn: ["series"],
  entityColumn: ["series"],
  maxGap: ["series"],
  every: ["series"],
  fill: ["series"],
  normalClass: ["images", "series"],
  labels: ["images"],
  onCorrupt: ["images"],
  channels: ["images"],
  maxPixels: ["images"],
};

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
  const name = (Object.keys(CONCERNED) as (keyof typeof CONCERNED)[]).find(
    (each) =>
      options[each] !== undefined && options[each] !== IDLE[each] && !CONCERNED[each]!.includes(found),
  );
  if (name === undefined) return;
  const reason = HOLDS[found] ?? LACKS[CONCERNED[name]![0]!];
  const said = name === "header" && options.header === false ? "header: false" : name;
  throw new HypersphereError("invalid-option", `option "${said}" was given, but ${path} ${reason}.`);
}
