import type { Fleet } from "hypersphere";
import { Problem } from "../problem.js";
import type { StoredVersion } from "./model-store.js";

/** What is stored of a fleet beside its file. */
export interface FleetFacts {
  /** The column that says which entity a row is of. */
  readonly entityColumn: string;
  /** Entities of its training, and those of them that have a model of their own. */
  readonly entities: number;
  readonly own: number;
  /** Bytes of the model of all entities, and of the largest of the others. */
  readonly fallbackBytes: number;
  readonly largestBytes: number;
}

export function factsOf({ index }: Fleet): FleetFacts {
  const models = index.entities.flatMap(({ model }) => model ?? []);
  return {
    entityColumn: index.entityColumn,
    ...{ entities: index.entities.length, own: models.length, fallbackBytes: index.fallback.bytes },
    largestBytes: models.reduce((most, { bytes }) => Math.max(most, bytes), 0),
  };
}

/** Undefined for a version that is a single model. */
export const fleetOf = ({ fleet }: Pick<StoredVersion, "fleet">): FleetFacts | undefined =>
  fleet === null ? undefined : JSON.parse(fleet);

/** Where one model is needed, and one scale of scores. @throws Problem `conflict` */
export function refuseFleet(version: Pick<StoredVersion, "fleet" | "version">, what: string): void {
  const fleet = fleetOf(version);
  if (fleet === undefined) return;
  throw new Problem(
    "conflict",
    `Version ${version.version} is a fleet of ${fleet.entities} entities, each with a threshold and a scale of its own: ${what}.`,
    { hint: "hypersphere inspect fleet.hsz --entity NAME --out NAME.onnx takes the model of one out." },
  );
}

const ZIP = "PK\x03\x04";

/** Fleets are archives, and models are not. */
export const looksLikeFleet = (file: Uint8Array): boolean =>
  Buffer.from(file.subarray(0, ZIP.length)).toString("latin1") === ZIP;
