import { Problem } from "../problem.js";

/** Names stand in addresses, in metrics and in logs: letters, digits, and . _ - between them. */
export const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9])?$/;
export const NAME_RULE =
  "1 to 64 letters, digits, dots, hyphens and underscores, with a letter or a digit at both ends";

export function checkName(name: string): string {
  if (NAME.test(name) && !name.includes("..")) return name;
  throw new Problem("invalid-request", `The name ${JSON.stringify(name.slice(0, 80))} is not allowed.`, {
    hint: `A name has ${NAME_RULE}.`,
  });
}
