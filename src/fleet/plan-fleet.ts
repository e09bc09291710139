/** What a training of a fleet has to do, before any of it is done. */
import { type RowEntities, type Samples, settledReading } from "../data/index.js";
import { learnsFrom } from "../detectors/fit/abilities.js";
import { askedFor, columnDoubts, growthDoubt } from "../detectors/fit/column-doubts.js";
import type { CommonOptions } from "../detectors/fit/common-options.js";
import { trainingSet } from "../detectors/fit/supervision.js";
import { type DetectorEntry, detectors, findDetector } from "../detectors/registry.js";
import { HypersphereError } from "../errors.js";
import { requireTerms } from "../explain/index.js";
import {
  columnSchema,
  type DroppedColumn,
  type FeatureSchema,
  fingerprint,
  fitInputSchema,
  type InputSchema,
  inSeason,
  kindOf,
  observations,
  rowMarks,
  selectRowsOf,
} from "../features/index.js";
import { digestOf } from "../math/digest.js";
import { createRandom } from "../math/random.js";
import type { Json } from "../model/contract.js";
import { currentBackend } from "../runtime/index.js";
import {
  calibrationSizeForRate,
  calibrationSizeForRule,
  parseRule,
  type Rule,
  ruleText,
} from "../scoring/index.js";
import { counted } from "../text/format.js";
import { shown } from "../text/shown.js";
import { VERSION } from "../version.js";
import { entitiesOf, partsOf } from "./parts.js";

/** What a fleet is trained by. */
export interface FleetTraining {
  /** Name of the detector; default "auto". */
  readonly detector?: string | undefined;
  /** Its options, as its class takes them; `seed` is that of the fleet. */
  readonly options?: Readonly<Record<string, unknown>> | undefined;
  /** Rule that sets the threshold of every model, such as "false-alarms 1%"; default: the detector's percentile. */
  readonly rule?: string | Rule | undefined;
  /** Models say what each column adds to a score, as `train --explain` makes them; default false. */
  readonly explain?: boolean | undefined;
  /** Rows below which an entity gets no model of its own; default: what its calibration needs, 93 with all defaults. */
  readonly minRows?: number | undefined;
  /** Rows that the model of all entities is made from at most, dealt evenly to the entities; default 20 000. */
  readonly fallbackRows?: number | undefined;
}

/** One fit of a fleet: plain data, which can go to another process. */
export interface FleetJob {
  readonly samples: Samples;
  readonly detector: string;
  /** As they were given, with a seed: what was not given has its default. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly rule: string | undefined;
  readonly explain: boolean;
  readonly settledColumns: FeatureSchema;
}

export interface PlannedEntity {
  readonly name: string;
  /** Observations that there are to learn from. */
  readonly rows: number;
  /** Whether they are enough for a model of its own. */
  readonly own: boolean;
  job(): FleetJob;
}

export interface FleetPlan {
  readonly entityColumn: string;
  readonly detector: string;
  readonly options: Readonly<Record<string, Json>>;
  readonly rule: string | undefined;
  readonly minRows: number;
  readonly schema: InputSchema;
  readonly reading: ReturnType<typeof settledReading>;
  /** In the order in which they first come. */
  readonly entities: readonly PlannedEntity[];
  readonly fallback: Omit<PlannedEntity, "name" | "own">;
  /** SHA-256 over data, options and version: equal where the same models come out. */
  readonly fingerprint: string;
}

/** A fit cannot do with fewer. */
const FEWEST_ROWS = 30;
const FALLBACK_ROWS = 20_000;
/** Entities whose own rows are asked whether a column numbers them. */
const ASKED = 20;

/**
 * Decides what a fleet's models have in common, and who gets one.
 * @param onWarning hears one sentence at a time: columns that are left out, rows without an entity
 * @throws HypersphereError `invalid-option`; `unfit-data` for data without columns, or too few rows in all
 */
export async function planFleet(
  given: Samples,
  training: FleetTraining,
  onWarning: (sentence: string) => void = () => {},
): Promise<FleetPlan> {
  const entry = detectorCalled(training.detector ?? "auto");
  const options = entry.create({ ...training.options }).options as CommonOptions;
  const rule = typeof training.rule === "string" ? parseRule(training.rule) : training.rule;
  const minRows = wholeNumber("minRows", training.minRows, FEWEST_ROWS) ?? rowsNeeded(options, rule);
  const fallbackRows = wholeNumber("fallbackRows", training.fallbackRows, FEWEST_ROWS) ?? FALLBACK_ROWS;
  const entities = entitiesOf(given);
  refuseKind(given, entities);
  const asJson = options as unknown as Record<string, Json>;
  if (training.explain)
    requireTerms({
      detector: entry.name,
      options: asJson,
      kind: kindOf(given.data),
      backbone: false,
      inSeason: inSeason(given.data),
    });
  const { schema, settled } = await sharedColumns(given, entry, options, onWarning);
  const { numeric, categorical, constant = [] } = settled;
  const used = [...numeric, ...categorical, ...constant].map(({ name }) => name);
  const kind = kindOf(given.data);
  const samples: Samples = { ...given, data: kind.withColumns(given.data, used) };

  const parts = partsOf(samples);
  const without = parts.find(({ name }) => name === undefined);
  if (without !== undefined) {
    onWarning(
      `${samples.data.source}: ${counted(without.rows.length, "row")} without a value in "${entities.column}" ${without.rows.length === 1 ? "belongs" : "belong"} to no entity, and ${without.rows.length === 1 ? "is" : "are"} left out.`,
    );
  }
  const named = parts.filter(({ name }) => name !== undefined);
  const each = observations(samples);
  const learns = learnsFrom(entry, "labels");
  const isLearnable = (observation: number): boolean => learns || (each.labels?.[observation] ?? 0) === 0;
  const learnable = named.map((part) => part.observations.filter(isLearnable));
  const base = {
    detector: entry.name,
    rule: typeof training.rule === "object" ? ruleText(training.rule) : training.rule,
    explain: training.explain === true,
    settledColumns: settled,
  };
  const planned = named.map((part, k): PlannedEntity => {
    const rows = learnable[k]!.length;
    return {
      name: part.name!,
      rows,
      own: rows >= minRows,
      job: () => ({
        ...base,
        samples: { ...part.samples(), names: undefined },
        options: { ...training.options, seed: entitySeed(options.seed, part.name!) },
      }),
    };
  });
  const drawn = evenly(learnable, fallbackRows);
  return {
    entityColumn: entities.column,
    ...{ detector: entry.name, options: asJson, rule: base.rule, minRows, schema },
    reading: settledReading(samples.reading ?? {}),
    entities: planned,
    fallback: {
      rows: drawn.length,
      job: () => ({
        ...base,
        samples: { ...selectRowsOf(each, drawn), names: undefined, entities: undefined },
        options: { ...training.options },
      }),
    },
    fingerprint: await planFingerprint(samples, {
      ...base,
      ...{ given: training.options ?? {}, options: asJson, minRows, fallbackRows, schema, version: VERSION },
    }),
  };
}

function detectorCalled(name: string): DetectorEntry {
  const entry = findDetector(name);
  if (entry !== undefined) return entry;
  throw new HypersphereError("invalid-option", `There is no detector ${shown(name)}.`, {
    hint: `Use one of ${Object.keys(detectors).join(", ")}.`,
  });
}

function wholeNumber(name: string, value: number | undefined, least: number): number | undefined {
  if (value === undefined || (Number.isSafeInteger(value) && value >= least)) return value;
  throw new HypersphereError(
    "invalid-option",
    `${name} is ${shown(value)}, expected a whole number of rows from ${least} on.`,
    { hint: "Fewer rows are too few to train a model and to calibrate it." },
  );
}

/**
 * Rows with which enough are held out for the threshold: with n calibration scores no rate of false alarms below
 * 1 / (n + 1) can be promised, so that 5 % need 19 of them, and 1 % need 99.
 */
function rowsNeeded(
  { calibration, calibrationFraction, calibrationFolds, percentile }: CommonOptions,
  rule: Rule | undefined,
): number {
  const needed =
    rule === undefined ? calibrationSizeForRate(1 - percentile / 100) : calibrationSizeForRule(rule);
  const rows =
    calibration === "cross"
      ? Math.max(needed, 5 * calibrationFolds)
      : Math.ceil((needed - 0.5) / calibrationFraction);
  return Math.max(FEWEST_ROWS, rows);
}

function refuseKind({ data, split }: Samples, { names, column }: RowEntities): void {
  const { columns, noun } = kindOf(data);
  if (columns(data).length === 0) {
    throw new HypersphereError(
      "unfit-data",
      `${data.source} holds ${noun.all}: a fleet needs columns, one of which names the entity of each row.`,
      { hint: "Train one model for each folder of images." },
    );
  }
  if (split !== undefined) {
    throw new HypersphereError("invalid-option", `${data.source} has a split of its own into parts.`, {
      hint: 'Open the part to learn from: option "part" with the value "train".',
    });
  }
  if (names.length === 0) {
    throw new HypersphereError(
      "unfit-data",
      `${data.source}: column "${column}" names no entity in any row.`,
      {
        hint: "Name another column.",
      },
    );
  }
}

/** Columns, kinds and levels by the rows of all entities. What numbers the rows of most entities is left out of all models. */
async function sharedColumns(
  samples: Samples,
  entry: DetectorEntry,
  options: CommonOptions,
  onWarning: (sentence: string) => void,
): Promise<{ readonly schema: InputSchema; readonly settled: FeatureSchema }> {
  const { data } = trainingSet({ ...entry, known: Object.values(detectors) }, samples, {});
  const named = askedFor(samples.reading);
  columnDoubts(data, named).forEach(onWarning);
  const marked = marksWithin(samples, named);
  const kind = kindOf(data);
  const kept = kind
    .columns(data)
    .map(({ name }) => name)
    .filter((name) => !marked.has(name));
  if (kept.length === 0) marked.clear();
  const rows = Uint32Array.from({ length: data.rowCount }, (_, row) => row);
  const onDoubt = (column: string, mark: string): void => onWarning(growthDoubt(column, mark));
  const schema = await fitInputSchema(
    kept.length === 0 ? data : kind.withColumns(data, kept),
    rows,
    { ...options, named, onDoubt },
    await currentBackend().inline(),
  );
  const settled = columnSchema(schema)!;
  const dropped: DroppedColumn[] = [...marked].map(([name, reason]) => ({ name, reason }));
  for (const { name, reason } of [...settled.dropped, ...dropped])
    onWarning(`Column "${name}" is left out: ${reason}.`);
  return { schema, settled };
}

/** Columns that number or date the rows of most entities, by name, with the reason to leave them out. */
function marksWithin(samples: Samples, named: ReadonlySet<string>): Map<string, string> {
  const largest = partsOf(samples)
    .filter(({ name }) => name !== undefined)
    .toSorted((a, b) => b.rows.length - a.rows.length)
    .slice(0, ASKED);
  const found = new Map<string, { count: number; mark: string }>();
  for (const part of largest) {
    const { data } = part.samples();
    const columns = kindOf(data).columns(data);
    const first = columns[0];
    const length =
      first === undefined ? 0 : first.kind === "numeric" ? first.values.length : first.codes.length;
    const rows = Uint32Array.from({ length }, (_, row) => row);
    for (const [name, { mark, doubt }] of rowMarks(columns, rows, named)) {
      if (doubt) continue;
      found.set(name, { mark, count: (found.get(name)?.count ?? 0) + 1 });
    }
  }
  return new Map(
    [...found]
      .filter(([, { count }]) => 2 * count > largest.length)
      .map(([name, { mark }]) => [
        name,
        `within an entity it holds ${mark}; to learn from it all the same, give its type with option "columnTypes"`,
      ]),
  );
}

/** A seed for each entity, that depends on no other: the same entity of another fleet has the same one. */
const entitySeed = (seed: number, name: string): number =>
  createRandom(`${seed}, entity ${name}`)
    .stream("seed")
    .int(2 ** 32);

/** At most so many observations in all, as evenly from each entity as it has them; ascending. */
function evenly(each: readonly Uint32Array[], most: number): Uint32Array {
  let left = most;
  const ascending = each.toSorted((a, b) => a.length - b.length);
  const chosen: Uint32Array[] = [];
  ascending.forEach((places, k) => {
    const share = Math.min(places.length, Math.floor(left / (ascending.length - k)));
    left -= share;
    chosen.push(
      Uint32Array.from({ length: share }, (_, j) => places[Math.floor(((j + 0.5) * places.length) / share)]!),
    );
  });
  const all = new Uint32Array(chosen.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const places of chosen) {
    all.set(places, at);
    at += places.length;
  }
  return all.sort();
}

async function planFingerprint(samples: Samples, settings: object): Promise<string> {
  const { names, codes, column } = entitiesOf(samples);
  const bytesOf = (array: Int32Array | Int8Array): Uint8Array =>
    new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  const text = new TextEncoder();
  return digestOf([
    text.encode(JSON.stringify(settings)),
    text.encode(JSON.stringify([column, names])),
    bytesOf(codes),
    text.encode(await fingerprint(samples.data)),
    samples.labels === undefined ? new Uint8Array() : bytesOf(samples.labels),
  ]);
}
