import type { Command } from "commander";
import { whole } from "./parse.js";

/** How flagged steps become incidents. */
export interface IncidentFlags {
  readonly mergeGap?: number;
  readonly minLength?: number;
}

export function addIncidentFlags(command: Command): void {
  command
    .optionsGroup("Incidents:")
    .option(
      "--merge-gap <steps>",
      "flagged steps with at most so many others between them are one incident (default: half a window)",
      whole("--merge-gap"),
    )
    .option("--min-length <steps>", "leave out shorter incidents (default: 1)", whole("--min-length"));
}
