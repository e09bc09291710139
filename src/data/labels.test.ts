import { describe, expect, it } from "vitest";
import { splitLabels } from "./labels.js";
import { selectRows } from "./table/select.js";
import { tableFromRows } from "./table/table-from.js";

const table = (labels: unknown[]) =>
  tableFromRows(
    labels.map((label, i) => ({ x: i, label })),
    { source: "t.csv" },
  );
const split = (labels: unknown[], options?: Parameters<typeof splitLabels>[2]) =>
  Array.from(splitLabels(table(labels), "label", options).labels);

describe("splitLabels", () => {
  it("refuses labels that no cell could be", () => {
    for (const odd of [false, null, {}]) {
      expect(() => split([0, 1], { normalLabel: odd as never })).toThrow(
        /option "normalLabel" is .*, expected a text or a number/,
      );
    }
  });

  it.each([
    [
      [0, 1, null],
      [0, 1, -1],
    ],
    [
      ["0", "1", ""],
      [0, 1, -1],
    ],
    [
      ["Normal", "ANOMALY", "NA"],
      [0, 1, -1],
    ],
    [
      ["inlier", "outlier"],
      [0, 1],
    ],
    [
      ["good", "bad"],
      [0, 1],
    ],
    [
      [false, true],
      [0, 1],
    ],
    [["0.0", "1.0", "x"].slice(0, 2), [0, 1]],
    [
      ["'0'", "'1'", "0"],
      [0, 1, 0],
    ],
    [
      ["b'normal'", '"Anomaly"'],
      [0, 1],
    ],
  ])("understands %j", (labels, expected) => {
    expect(split(labels)).toEqual(expected);
  });

  it("finds a given label in quotation marks", () => {
    expect(split(["'B'", "'M'", "B"], { normalLabel: "B" })).toEqual([0, 1, 0]);
    expect(split(["'0'", "'7'"], { normalLabel: 0 })).toEqual([0, 1]);
    expect(split(["'0'", "'7'"], { normalLabel: "'0'" })).toEqual([0, 1]);
  });

  it("takes the column out", () => {
    const { features } = splitLabels(table([0, 1]), "label");
    expect(features.columns.map((column) => column.name)).toEqual(["x"]);
  });

  it("takes everything else for an anomaly when told what is normal", () => {
    expect(split(["normal", "neptune", "smurf", ""], { normalLabel: "normal" })).toEqual([0, 1, 1, -1]);
    expect(split([-1, 1, -1], { normalLabel: "1" })).toEqual([1, 0, 1]);
    expect(split([3, 4, 5], { anomalyLabel: 4 })).toEqual([0, 1, 0]);
    expect(split(["a", "b"], { normalLabel: "a", anomalyLabel: "b" })).toEqual([0, 1]);
  });

  it("takes spellings of one label for the same", () => {
    expect(split(["0", "0.0", "1", "2"], { normalLabel: 0 })).toEqual([0, 0, 1, 1]);
    expect(split(["ok", "0.0", "0", "+0"], { normalLabel: "0" })).toEqual([1, 0, 0, 0]);
    expect(split(["True", "false", "False", "x"], { anomalyLabel: "false" })).toEqual([0, 1, 1, 0]);
    expect(split(["s\u00fcd", "su\u0308d", "nord"], { normalLabel: "s\u00fcd" })).toEqual([0, 0, 1]);
    expect(split(["01", "1", "x"], { normalLabel: "1" })).toEqual([1, 0, 1]);
    expect(split(["01", "2", "x"], { normalLabel: 1 })).toEqual([0, 1, 1]);
    expect(() => split(["0", "0.0"], { normalLabel: "0", anomalyLabel: "0.0" })).toThrow("cannot mean both");
    expect(() => split(["None", "x"], { normalLabel: "None" })).toThrow(
      expect.objectContaining({ hint: expect.stringContaining("count as missing values") }),
    );
  });

  it("refuses -1, which means different things", () => {
    expect(() => split([-1, 1])).toThrowError(
      expect.objectContaining({ code: "unfit-data", hint: expect.stringContaining("scikit-learn") }),
    );
  });

  it("lists at most five of the values it does not understand", () => {
    expect(() => split(["a", "b", "c", "d", "e", "f", "g"])).toThrow(
      'label column "label" has the values "a", "b", "c", "d", "e" and 2 other values',
    );
    expect(() => split(["a", "b", "c"], { normalLabel: "a", anomalyLabel: "b" })).toThrow('only "a" and "b"');
    expect(() => split(["Normal", "x"], { normalLabel: "normal" })).toThrowError(
      expect.objectContaining({ hint: expect.stringContaining('Did you mean "Normal"?') }),
    );
  });

  it("does not count levels that no row has", () => {
    const rows = selectRows(table(["junk", "good", "bad"]), Int32Array.of(2, 1));
    expect(Array.from(splitLabels(rows, "label").labels)).toEqual([1, 0]);
  });

  it("names the columns there are, and the closest", () => {
    expect(() => splitLabels(table([0]), "lable")).toThrowError(
      expect.objectContaining({
        code: "unfit-data",
        message: 't.csv has no label column "lable"; its columns are "x", "label".',
        hint: expect.stringContaining('Did you mean "label"?'),
      }),
    );
  });
});
