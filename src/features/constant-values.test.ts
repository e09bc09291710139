/** Columns that did not vary in training: what counts as a change, in notes and in the graph alike. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Table, tableFromColumns } from "../data/index.js";
import { Graph, serialize } from "../graph/index.js";
import type { Runtime } from "../runtime/index.js";
import { loadNativeRuntime } from "../runtime/node/native.js";
import { fitFeatureSchema } from "./fit-schema.js";
import { changedRows, modelInputs } from "./inputs.js";
import { RawValues } from "./raw-values.js";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await loadNativeRuntime();
});
afterAll(() => runtime.close());

const training = tableFromColumns({
  flow: [1, 2, 3],
  fan: [0, 0, null],
  gain: [0.1, 0.1, 0.1],
  mode: ["auto", "auto", "auto"],
  spare: [null, null, null],
  site: ["a", "b", "a"],
});
const schema = fitFeatureSchema(training, Uint32Array.of(0, 1, 2), "standard");

/** Which rows of a table have changed, by the graph. */
async function changesOf(table: Table): Promise<number[]> {
  const graph = new Graph();
  const input = { kind: "table", ...schema } as const;
  graph.output("changed", changedRows(input, modelInputs(graph, input))!);
  const session = await runtime.createSession(serialize(graph));
  const { changed } = await session.run(new RawValues(table, schema).slice(0, table.rowCount));
  await session.release();
  return Array.from(changed!.data as Uint8Array);
}

const varying = { flow: [1, 2], site: ["a", "b"] };
const cases: readonly (readonly [string, Record<string, readonly unknown[] | Float32Array>, number[]])[] = [
  ["another number", { fan: [0, 1] }, [0, 1]],
  ["the same number, and a missing one", { fan: [null, 0] }, [0, 0]],
  ["a negative zero", { fan: [-0, 0] }, [0, 0]],
  ["an infinite number", { fan: [0, Number.POSITIVE_INFINITY] }, [0, 1]],
  ["the same number stored as float32", { gain: Float32Array.of(0.1, 0.2) }, [0, 1]],
  ["a text among numbers", { fan: ["0", "stuck"] }, [0, 1]],
  ["another text", { mode: ["auto", "manual"] }, [0, 1]],
  ["the same text, and a missing one", { mode: [null, "auto"] }, [0, 0]],
  ["a number instead of the text", { mode: [7, null] }, [1, 0]],
  ["another spelling of the text", { mode: ["AUTO", "auto"] }, [1, 0]],
  ["a number where there was none", { spare: [null, 3] }, [0, 1]],
  ["a text where there was none", { spare: ["x", null] }, [1, 0]],
  ["columns that are not there", {}, [0, 0]],
];

describe("constant columns", () => {
  it("are known by their value", () => {
    expect(schema.watched).toBe(true);
    expect(schema.constant).toEqual([
      { name: "fan", value: 0 },
      { name: "gain", value: 0.1 },
      { name: "mode", value: "auto" },
      { name: "spare", value: null },
    ]);
  });

  it.each(cases)("see a change in %s as the graph and the notes say", async (_, columns, wanted) => {
    const table = tableFromColumns({ ...varying, ...columns } as Parameters<typeof tableFromColumns>[0]);
    expect(await changesOf(table)).toEqual(wanted);
    const changed = Object.entries(new RawValues(table, schema).notes().changed);
    const [name] = Object.keys(columns);
    const cells = wanted.reduce((sum, is) => sum + is, 0);
    expect(changed.map(([column, { cells: count }]) => [column, count])).toEqual(
      cells === 0 ? [] : [[name, cells]],
    );
  });

  it("are named where they are watched and not there", () => {
    const lacking = tableFromColumns({ ...varying, mode: ["auto", "auto"] } as Parameters<
      typeof tableFromColumns
    >[0]);
    const { unwatched } = new RawValues(lacking, schema).notes();
    expect(unwatched).toContain("fan");
    expect(unwatched).not.toContain("mode");
    expect(new RawValues(lacking, { ...schema, watched: false }).notes().unwatched).toBeUndefined();
  });

  it("are quoted in short", () => {
    const table = tableFromColumns({ ...varying, mode: ["x".repeat(1e6), "auto"] });
    expect(new RawValues(table, schema).notes().changed["mode"]!.example).toHaveLength(60);
  });

  it("say what was and what is", () => {
    const table = tableFromColumns({ ...varying, mode: ["auto", "manual"], spare: [4, null], fan: [0, 2] });
    expect(new RawValues(table, schema).notes().changed).toEqual({
      fan: { cells: 1, example: "2", training: "0" },
      mode: { cells: 1, example: "manual", training: "auto" },
      spare: { cells: 1, example: "4", training: "" },
    });
  });
});
