import { HypersphereError } from "hypersphere";
import type { Part } from "./broker.js";

/** Where a group keeps what it knows, and puts what it answers. */
export interface NatsGroup {
  readonly run: string;
  /** The bucket's stream, and what its keys have before them. */
  readonly bucket: string;
  readonly keys: string;
  readonly results: Target;
  readonly deadLetters: Target;
}

export interface Target {
  readonly stream: string;
  /** Each partition has a subject below it, so that its answers are counted apart from those of the others. */
  readonly subject: string;
  /** Kept on several servers. */
  readonly isReplicated: boolean;
}

/** What a commit does once its record is kept. Each line and state can be put again without any effect. */
export interface Work {
  readonly results: readonly string[];
  readonly deadLetters: readonly string[];
  /** Null of series that are forgotten. */
  readonly states: readonly (readonly [string, string | null])[];
  /** Last sequences of the subjects before it. */
  readonly resultsAfter: number;
  readonly deadAfter: number;
}

/** Which line it is of the answers to the messages up to a place. */
export interface LinePlace {
  readonly at: number;
  readonly k: number;
}

/** @returns undefined for the id of a message that is no line of the series */
export function placeIn(id: string, series: string): LinePlace | undefined {
  if (!id.startsWith(series)) return undefined;
  const [at, k] = id.slice(series.length).split(":").map(Number) as [number, number];
  return { at, k };
}

/** As a state is kept: with the place that it is of. */
export const stateText = (at: string, state: string): string => `${at}\n${state}`;

/** A state as it was kept, without its place. */
export const stateOf = (text: string): string => text.slice(text.indexOf("\n") + 1);

/** @throws HypersphereError `unfit-data` for a series of which more is kept than a message may have */
export function refuseLong(at: string, states: Part["states"], limit: number): void {
  for (const [name, state] of states) {
    if (state === null) continue;
    const bytes = Buffer.byteLength(stateText(at, state));
    if (bytes <= limit) continue;
    throw new HypersphereError(
      "unfit-data",
      `What is kept of the series ${JSON.stringify(name.slice(0, 80))} has ${bytes} bytes; NATS takes ${limit}.`,
      { hint: "Set max_payload in the server's configuration, or use shorter windows or fewer columns." },
    );
  }
}
