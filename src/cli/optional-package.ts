import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { HypersphereError } from "../errors.js";

/**
 * A package that this one does not depend on: beside it, or where the command is run.
 * @param what as a sentence begins, with its verb: "The service is"
 * @throws HypersphereError `invalid-option` that says how to install it
 */
export async function optionalPackage<T>(name: string, what: string): Promise<T> {
  for (const base of [import.meta.url, pathToFileURL(join(process.cwd(), "x")).href]) {
    let path: string;
    try {
      path = createRequire(base).resolve(name);
    } catch {
      continue;
    }
    return import(pathToFileURL(path).href);
  }
  throw new HypersphereError(
    "invalid-option",
    `${what} a package of its own, ${name}, which is not installed.`,
    {
      hint: `Install it beside hypersphere: npm install ${name}`,
    },
  );
}
