import type { Samples } from "../../data/index.js";
import { HypersphereError } from "../../errors.js";
import type { Fleet } from "../../fleet/fleet.js";
import { partsOf } from "../../fleet/parts.js";
import type { Model } from "../../model/index.js";
import { closestName, listNames } from "../../text/closest-name.js";
import type { CliContext } from "../command.js";
import { fleetAt } from "../files/fleet-file.js";
import { loadModelFile } from "../files/model-file.js";
import { openSamples } from "../files/open-samples.js";
import type { ScoringSampleFlags } from "../flags/sample-flags.js";

/** @throws HypersphereError `invalid-option` for an entity that training has not seen */
export function requireEntity(fleet: Fleet, entity: string): void {
  const { entities, entityColumn } = fleet;
  const names = entities.map(({ name }) => name);
  if (names.includes(fleet.spelled(entity))) return;
  const near = closestName(entity, names);
  throw new HypersphereError(
    "invalid-option",
    `--entity is "${entity}", which "${entityColumn}" never was in training.`,
    {
      hint: near === undefined ? `It was ${listNames(names, 6)}.` : `Did you mean "${near}"?`,
    },
  );
}

export interface EntityFlag {
  readonly entity?: string;
}

export const entityFlag = ["--entity <name>", "of a fleet: the entity to look at, by its own model"] as const;

/** A model, and how data for it are read. */
export interface Subject {
  readonly model: Model;
  /** @param reading instead of the flags that were given */
  open(
    path: string,
    more?: Parameters<typeof openSamples>[3],
    reading?: ScoringSampleFlags,
  ): Promise<Samples>;
}

/**
 * The model at a path; of a fleet that of one entity, with the rows of data that are its.
 * @throws HypersphereError `invalid-option` for a fleet without an entity, and an entity without a fleet
 */
export async function subjectAt(
  path: string,
  { entity, ...flags }: ScoringSampleFlags & EntityFlag,
  context: CliContext,
): Promise<Subject> {
  const fleet = await fleetAt(path);
  if (fleet === undefined) {
    if (entity !== undefined) {
      throw new HypersphereError("invalid-option", `--entity is "${entity}", but ${path} is no fleet.`, {
        hint: "Leave it out.",
      });
    }
    const { model } = await loadModelFile(path);
    return {
      model,
      open: (data, more, reading = flags) => openSamples(data, reading, context, { model, ...more }),
    };
  }
  if (entity === undefined) {
    throw new HypersphereError(
      "invalid-option",
      `${path} is a fleet: nothing says which entity to look at.`,
      {
        hint: `Name one, such as --entity ${fleet.entities[0]?.name ?? "NAME"}; \`hypersphere score\` says which have flagged rows.`,
      },
    );
  }
  requireEntity(fleet, entity);
  return {
    model: await fleet.model(entity),
    open: async (data, more, reading = flags) =>
      rowsOf(
        await openSamples(data, reading, context, { model: fleet, ...more }),
        entity,
        fleet.entityColumn,
      ),
  };
}

/** Rows keep their numbers in the file. */
function rowsOf(samples: Samples, entity: string, column: string): Samples {
  const part = partsOf(samples).find(({ name }) => name === entity);
  if (part === undefined) {
    throw new HypersphereError(
      "unfit-data",
      `${samples.data.source} has no row of "${entity}" in "${column}".`,
      {
        hint: "Name another entity, or other data.",
      },
    );
  }
  const own = part.samples();
  const names = own.names ?? { columns: ["row"], of: (row: number) => [part.rows[row]! + 1] };
  return { ...own, names };
}
