import { beforeAll, expect, it } from "vitest";
import { tableFromRows } from "../data/index.js";
import type { ByteSource } from "../formats/byte-source.js";
import { webInflate } from "../formats/inflate.js";
import { readTableFrom } from "../formats/table/read-table.js";
import { Knn, type Model } from "../index.js";
import { modelColumnTypes, modelNotations } from "../model/open-samples.js";
import { ModelStream } from "./index.js";

let model: Model;

beforeAll(async () => {
  const rows = Array.from({ length: 200 }, (_, k) => ({
    flow: Math.sin(k / 4) + (k % 7) / 50,
    mode: k % 3 === 0 ? "idle" : "run",
    load: `${(Math.cos(k / 4) * 100).toFixed(1)} kg`,
  }));
  model = await new Knn({ seed: 1 }).fit(tableFromRows(rows));
});

/** Cells as they stand in JSON, for each column by itself. */
const cells: Readonly<Record<string, readonly string[]>> = {
  flow: [
    "0.25",
    "-0",
    '"0.25"',
    '" 1e-3 "',
    '"NA"',
    "null",
    "true",
    '"−0.5"',
    "9007199254740993",
    "1e21",
    '"broken"',
  ],
  mode: ['"idle"', '" run"', '"other"', "7", "true", "null", '"?"', "12345678901234567890"],
  load: ['"12.5 kg"', '"12.5kg"', "12.5", '"n/a"', "null", '"3"', '"3 litres"'],
};

it("reads a record as a file of JSON lines with that line alone is read", async () => {
  const usual = { flow: "0.1", mode: '"run"', load: '"20 kg"' };
  const stream = await ModelStream.open(model);
  let refused = 0;
  for (const [name, texts] of Object.entries(cells)) {
    for (const text of texts) {
      const line = `{${Object.entries({ ...usual, [name]: text }).map(([key, cell]) => `"${key}":${cell}`)}}`;
      // Of a row by itself, nobody wants to know which it is.
      const expected = await fromFile(line).catch(({ message }: Error) =>
        message.replace("data row 1 holds", "it holds"),
      );
      const [answer] = await stream.push([JSON.parse(line)]);
      if (answer!.kind === "refused") refused++;
      const found =
        answer!.kind === "refused" ? answer!.error.message : answer!.kind === "scored" && answer!.score;
      expect(found, line).toBe(expected);
    }
  }
  // The file's own refusals are among them.
  expect(refused).toBeGreaterThan(0);
  for (const odd of [{ flow: [1] }, { flow: { a: 1 } }, { flow: () => 1 }]) {
    expect((await stream.push([{ mode: "run", ...odd }]))[0]).toMatchObject({
      kind: "refused",
      error: { code: "unfit-data" },
    });
  }
});

async function fromFile(line: string): Promise<number> {
  const bytes = new TextEncoder().encode(`${line}\n`);
  const source: ByteSource = {
    name: "the row",
    totalBytes: bytes.length,
    open: async function* () {
      yield bytes;
    },
    slice: async (from, to) => bytes.subarray(from, to),
  };
  const { reading } = model.card;
  const options = {
    ...({ format: "jsonl", columnTypes: modelColumnTypes(model), notations: modelNotations(model) } as const),
    ...{
      missing: reading?.missing,
      missingAmongNumbers: reading?.missingAmongNumbers,
      missingRemembered: true,
    },
  };
  const table = await readTableFrom(source, options, { inflate: webInflate });
  return (await model.score(table)).scores[0]!;
}
