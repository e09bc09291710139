import { HypersphereError } from "../../errors.js";
import type { Fleet } from "../../fleet/fleet.js";
import { type LoadFleetOptions, loadFleet } from "../../io/fleet/load-fleet.js";
import { looksLikeFleet } from "../../io/fleet/looks-like-fleet.js";
import { VERIFY_KEY } from "./model-file.js";

/** The fleet at a path; undefined for what is none. @throws HypersphereError `io`, `invalid-model` */
export async function fleetAt(
  path: string,
  options: Pick<LoadFleetOptions, "maxOpen"> = {},
): Promise<Fleet | undefined> {
  if (!(await looksLikeFleet(path))) return undefined;
  const key = process.env[VERIFY_KEY];
  if (key !== undefined && key !== "") {
    throw new HypersphereError(
      "invalid-model",
      `${path} is a fleet, and ${VERIFY_KEY} asks for signed models.`,
      {
        hint: "Fleets carry no signature: sign and use single models, or unset the variable.",
      },
    );
  }
  return loadFleet(path, options);
}
