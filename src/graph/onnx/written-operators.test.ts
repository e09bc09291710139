import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { WRITTEN_OPERATORS } from "./written-operators.js";

const ops = fileURLToPath(new URL("../ops/", import.meta.url));

test("every operator of ops/ is in the list, and no other", () => {
  const found = new Set(["Identity"]);
  for (const file of readdirSync(ops)) {
    const text = readFileSync(ops + file, "utf8");
    const named = text.matchAll(/\btype: "([A-Z]\w+)"(?:,\s*domain: "([\w.]+)")?/g);
    for (const [, type, domain] of named) found.add(domain === undefined ? type! : `${domain}:${type}`);
    const made = text.matchAll(/\b(?:unary|binary|comparison|constantBetweenKinks|reduction)\(\s*"(\w+)"/g);
    for (const [, type] of made) found.add(type!);
  }
  expect([...found].sort()).toEqual([...WRITTEN_OPERATORS].sort());
  expect(found.size).toBeGreaterThan(40);
});
