import type { z } from "zod";
import { closestName } from "../data/index.js";
import { HypersphereError } from "../errors.js";
import { shown } from "../text/shown.js";

/** Checks options against their schema and fills in defaults. @throws HypersphereError `invalid-option` */
export function parseOptions<S extends z.ZodObject>(schema: S, options: unknown): z.output<S> {
  const parsed = schema.safeParse(options);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  if (issue.code === "unrecognized_keys") {
    const [key] = issue.keys;
    const similar = closestName(key!, Object.keys(schema.shape));
    throw new HypersphereError("invalid-option", `There is no option "${key}".`, {
      ...(similar !== undefined && { hint: `Did you mean "${similar}"?` }),
    });
  }
  const path = issue.path.join(".");
  const given = issue.path.reduce<unknown>(
    (value, key) => (value as Record<PropertyKey, unknown>)?.[key],
    options,
  );
  throw new HypersphereError("invalid-option", `${path} is ${shown(given)}: ${issue.message}.`);
}
