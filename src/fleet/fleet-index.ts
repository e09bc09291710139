/** What `fleet.json` says in a file of a fleet. Plain data, checked as it is read. */
import type { Reading } from "../data/index.js";
import { HypersphereError } from "../errors.js";
import type { InputSchema } from "../features/index.js";
import { CARD_SHAPES } from "../model/card-shape.js";
import type { Json } from "../model/contract.js";
import { type Shape, shapeFault } from "../model/shape.js";
import { parseJson } from "../text/parse-json.js";
import { shown } from "../text/shown.js";

export const FLEET_FORMAT = 1;
export const INDEX_ENTRY = "fleet.json";
export const FALLBACK_ENTRY = "fallback.onnx";

/** A model in the archive. */
export interface FleetModelFile {
  /** Its entry, such as "models/000001.onnx". */
  readonly entry: string;
  /** SHA-256 of the model, in hexadecimal. */
  readonly sha256: string;
  /** Of the model as it is read. */
  readonly bytes: number;
}

/** Why an entity has no model of its own: too few rows to calibrate one, or a fit that failed. */
export type FallbackReason = "few-rows" | "failed";

/** What a fleet has models for: a machine, a patient, a place. */
export interface FleetEntity {
  /** As the entity column writes it. */
  readonly name: string;
  /** Rows, or windows of a series, that were there to learn from, held-out ones included. */
  readonly rows: number;
  /** Absent where the model of all entities stands in. */
  readonly model?: FleetModelFile;
  /** Why it does; absent where there is a model. */
  readonly fallback?: FallbackReason;
  /** What a fit failed with. */
  readonly error?: string;
}

export interface FleetIndex {
  readonly format: typeof FLEET_FORMAT;
  /** Version of this package that wrote it. */
  readonly hypersphere: string;
  readonly entityColumn: string;
  readonly detector: string;
  /** Of every model; `seed` is that of the fleet, from which each model's own follows. */
  readonly options: Readonly<Record<string, Json>>;
  /** The rule that set each model's threshold; absent where it is the detector's percentile. */
  readonly rule?: string;
  /** Rows below which an entity gets no model of its own. */
  readonly minRows: number;
  /** The columns that all models take: their kinds, levels and notations are those of all rows; scales are each model's own. */
  readonly schema: InputSchema;
  /** How the data were read. */
  readonly reading: Reading;
  /** SHA-256 over data and options. */
  readonly fingerprint: string;
  /** The model of all entities, and the rows or windows that it was made from. */
  readonly fallback: FleetModelFile & { readonly rows: number };
  readonly entities: readonly FleetEntity[];
}

const modelFile: Readonly<Record<string, Shape>> = { entry: "string", sha256: "string", bytes: "number" };

const SHAPES: Readonly<Record<string, Shape>> = {
  ...CARD_SHAPES,
  FleetIndex: {
    fields: {
      format: { is: FLEET_FORMAT },
      hypersphere: "string",
      entityColumn: "string",
      detector: "string",
      options: { record: "json" },
      rule: { optional: "string" },
      minRows: "number",
      schema: { type: "InputSchema" },
      reading: { type: "Reading" },
      fingerprint: "string",
      fallback: { fields: { ...modelFile, rows: "number" } },
      entities: {
        list: {
          fields: {
            name: "string",
            rows: "number",
            model: { optional: { fields: modelFile } },
            fallback: { optional: { any: [{ is: "few-rows" }, { is: "failed" }] } },
            error: { optional: "string" },
          },
        },
      },
    },
  },
};

export const indexText = (index: FleetIndex): string => `${JSON.stringify(index)}\n`;

/** @throws HypersphereError `invalid-model` that names the first field that is not as it should be */
export function parseIndex(bytes: Uint8Array, source: string): FleetIndex {
  let index: unknown;
  try {
    index = parseJson(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw wrongFleet(source, `${INDEX_ENTRY} is no JSON`, cause);
  }
  const format = (index as { readonly format?: unknown } | null)?.format;
  if (typeof format === "number" && format > FLEET_FORMAT) {
    throw new HypersphereError(
      "invalid-model",
      `${source} is a fleet of format ${format}, which a later version wrote.`,
      { hint: "Install that version of hypersphere." },
    );
  }
  const fault = shapeFault(index, { type: "FleetIndex" }, SHAPES);
  if (fault !== undefined) {
    const what = fault.value === undefined ? "is missing" : `is ${shown(fault.value)}`;
    throw wrongFleet(source, `${INDEX_ENTRY}: ${fault.path || "it"} ${what}, expected ${fault.expected}`);
  }
  checkEntities(index as FleetIndex, source);
  return index as FleetIndex;
}

function checkEntities({ entities, fallback }: FleetIndex, source: string): void {
  const names = new Set<string>();
  const entries = new Set<string>([INDEX_ENTRY]);
  for (const [k, { name, rows, model, fallback: reason }] of entities.entries()) {
    const where = `${INDEX_ENTRY}: entities[${k}]`;
    if (names.has(name)) throw wrongFleet(source, `${where}.name is ${shown(name)} for a second time`);
    names.add(name);
    if (!isCount(rows)) throw wrongFleet(source, `${where}.rows is ${rows}, expected a number of rows`);
    if ((model === undefined) === (reason === undefined))
      throw wrongFleet(source, `${where} needs either a model or a reason for the fallback`);
  }
  for (const file of [fallback, ...entities.flatMap(({ model }) => model ?? [])]) {
    if (entries.has(file.entry)) throw wrongFleet(source, `entry ${shown(file.entry)} is named twice`);
    entries.add(file.entry);
    if (!/^(fallback|models\/\d{6,})\.onnx$/.test(file.entry))
      throw wrongFleet(source, `entry ${shown(file.entry)} is none of a fleet`);
    if (!isCount(file.bytes) || !/^[0-9a-f]{64}$/.test(file.sha256))
      throw wrongFleet(source, `entry ${shown(file.entry)} has no size and SHA-256`);
  }
}

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;

export function wrongFleet(source: string, what: string, cause?: unknown): HypersphereError {
  return new HypersphereError("invalid-model", `${source} is not a valid fleet: ${what}.`, {
    hint: "Copy the original again, or train the fleet again.",
    ...(cause !== undefined && { cause }),
  });
}
