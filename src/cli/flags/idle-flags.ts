import type { Command } from "commander";
import type { Dataset } from "../../data/index.js";
import type { DetectorEntry } from "../../detectors/registry.js";
import { HypersphereError } from "../../errors.js";
import { kindOf, kinds } from "../../features/index.js";
import type { Json } from "../../model/contract.js";
import { flagOf } from "./flag-names.js";
import { SchemaFlags } from "./schema-flags.js";

/** Flags of the detector that would do nothing with these data or the other options. @throws HypersphereError `invalid-option` */
export function refuseIdle(
  train: Command,
  detector: DetectorEntry,
  data: Dataset,
  { calibration = "split" }: Record<string, Json>,
): void {
  const given = Object.keys(new SchemaFlags(detector.options).given(train));
  const others = Object.values(kinds).flatMap(({ inputOptions }) => inputOptions as readonly string[]);
  const { inputOptions, noun } = kindOf(data);
  for (const name of given) {
    const flag = flagOf(name);
    if (others.includes(name) && !(inputOptions as readonly string[]).includes(name)) {
      const lack = OF_COLUMNS.has(name) ? "no columns" : "no images";
      throw new HypersphereError("invalid-option", `${flag} was given, but ${data.source} holds ${lack}.`, {
        hint: `Leave it out: it says nothing of ${noun.all}.`,
      });
    }
    const needed = NEEDED_CALIBRATION[name];
    if (needed === undefined || needed === calibration) continue;
    throw new HypersphereError(
      "invalid-option",
      `${flag} was given, but it has a meaning with --calibration ${needed} only.`,
      { hint: `Say --calibration ${needed}, or leave it out.` },
    );
  }
}

const OF_COLUMNS: ReadonlySet<string> = new Set(kinds.table.inputOptions);

const NEEDED_CALIBRATION: Readonly<Record<string, string>> = {
  calibrationFraction: "split",
  calibrationFolds: "cross",
};
