import type { Command } from "commander";
import { HypersphereError } from "../../errors.js";
import { flagOf } from "./flag-names.js";
import { number, whole } from "./parse.js";

export interface FleetFlags {
  readonly perEntity?: string;
  readonly workers?: number;
  readonly minRows?: number;
  readonly fallbackRows?: number;
  readonly fitSeconds?: number;
}

const OF_FLEETS = ["workers", "minRows", "fallbackRows", "fitSeconds"] as const;

export function addFleetFlags(train: Command): void {
  train
    .optionsGroup("Fleet (one model per entity, in one file; `hypersphere help fleets`):")
    .option("--per-entity <column>", "train a model for each value of this column, and one of all entities")
    .option(
      "--workers <n>",
      "processes that fit side by side; the models do not depend on it (default: one per core)",
      whole("--workers"),
    )
    .option(
      "--min-rows <n>",
      "entities with fewer rows get the model of all (default: what the calibration needs, 93 with the defaults)",
      whole("--min-rows"),
    )
    .option(
      "--fallback-rows <n>",
      "rows that the model of all entities learns from at most (default: 20000)",
      whole("--fallback-rows"),
    )
    .option(
      "--fit-seconds <s>",
      "end the fit of an entity that takes longer, and let the model of all stand in (default: no limit)",
      number("--fit-seconds"),
    );
}

/** @throws HypersphereError `invalid-option` for flags of a fleet where none is trained */
export function requireFleet(flags: FleetFlags): void {
  if (flags.perEntity !== undefined) return;
  const given = OF_FLEETS.find((name) => flags[name] !== undefined);
  if (given === undefined) return;
  throw new HypersphereError(
    "invalid-option",
    `${flagOf(given)} is for fleets, but there is no --per-entity.`,
    {
      hint: "Name the column of the entities with --per-entity, or leave the flag out.",
    },
  );
}

const OF_ONE_MODEL = [
  "robust",
  "outliers",
  "defects",
  "from",
  "backbone",
  "mask",
  "checkpoint",
  "report",
  "keepRows",
  "suspicious",
] as const;

/** @throws HypersphereError `invalid-option` for flags that say something of a single model */
export function refuseOfOneModel(
  flags: Readonly<Partial<Record<(typeof OF_ONE_MODEL)[number], unknown>>>,
): void {
  const given = OF_ONE_MODEL.find((name) => flags[name] !== undefined && flags[name] !== false);
  if (given === undefined) return;
  throw new HypersphereError("invalid-option", `${flagOf(given)} is for a single model, not for a fleet.`, {
    hint:
      given === "checkpoint"
        ? "Leave it out: a fleet that is stopped goes on by itself with the models that are done."
        : "Leave it out, or train the entity that needs it by itself.",
  });
}
