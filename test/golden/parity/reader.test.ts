/** python/hypersphere.py reads cells as this package does, and scores what it read the same. */
import { execFileSync, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Knn, type KnnInput, type Model, open, trainFleet } from "../../../src/index.js";
import { defaultMissingAmongNumbers, defaultMissingTokens } from "../../../src/text/missing-tokens.js";
import { type NumberNotation, parseNoted } from "../../../src/text/number-notation.js";
import { parseNumber } from "../../../src/text/parse-number.js";
import { csv, DataFolder } from "../../data-files.js";

const python = process.env["HYPERSPHERE_PYTHON"];
const script = fileURLToPath(new URL("../../../python/hypersphere.py", import.meta.url));
const folder = fileURLToPath(new URL("../../../python/", import.meta.url));
const why = "HYPERSPHERE_PYTHON names no Python with numpy and onnxruntime";

let data: DataFolder;
beforeAll(async () => {
  data = await DataFolder.make();
});
afterAll(() => data.remove());

const runPython = (args: readonly string[]): string =>
  execFileSync(python!, args, { encoding: "utf8", env: { ...process.env, PYTHONPATH: folder } });

/** Scores, p-values and decisions of both sides, row by row. */
async function both(model: Model, path: string): Promise<{ here: number[][]; there: number[][] }> {
  const file = `${data.path}/model.onnx`;
  await model.save(file, { force: true });
  const [, ...lines] = runPython([script, file, path]).trim().split("\n");
  const there = lines.map((line) => line.split(",").slice(1).map(Number));
  const { scores, pValues, isAnomaly } = await model.score(await open(path, { model }));
  const here = Array.from(scores, (score, k) => [score, pValues[k]!, isAnomaly[k]!]);
  return { here, there };
}

function agree({ here, there }: { here: number[][]; there: number[][] }): void {
  expect(there).toHaveLength(here.length);
  // Texts of nine digits give float32 back exactly.
  expect(there.map((row) => row.map(Math.fround))).toEqual(here.map((row) => row.map(Math.fround)));
}

const wave = (k: number): number => Math.round(Math.sin(k) * 4000) / 100;
const quick: KnnInput = { seed: 1 };
const HEADER = ["watts", "share", "price", "mode", "on", "code", "fixed", "site"];
const row = (k: number): string[] => [
  `${wave(k) + 100}`,
  `${Math.abs(wave(3 * k))} %`,
  `"${(wave(5 * k) + 1500).toFixed(2).replace(".", ",").replace(/^(\d)/, "$1.")} €"`,
  ["run", "idle", "Zürich", ""][k % 4]!,
  k % 3 === 0 ? "True" : "False",
  `${(k % 5) + 1}`,
  "1",
  "A1",
];

describe("the reader for Python", () => {
  it("reads padded texts, missing values, decorations and categories as the command does", async ({
    skip,
  }) => {
    skip(python === undefined, why);
    const training = await data.put(
      "train.csv",
      csv(
        HEADER,
        Array.from({ length: 300 }, (_, k) => row(k)),
      ),
    );
    const model = await new Knn(quick).fit(await open(training, { columnTypes: { code: "categorical" } }));
    expect(model.card.schema).toMatchObject({
      numeric: [{ name: "watts" }, { notation: { affix: "%" } }, { notation: { affix: "€", decimal: "," } }],
    });
    const tokens = [
      ...defaultMissingTokens,
      ...defaultMissingAmongNumbers.map((token) => token.toUpperCase()),
    ];
    const odd = tokens.flatMap((token, k): string[][] => {
      const cells = row(k + 0.5).map((cell, column) => (column < 3 ? cell : row(k)[column]!));
      return [
        cells.with(k % 3, ` ${token}\t`),
        cells.with(3, ` ${token} `),
        cells.map((cell) => (cell.startsWith('"') ? cell : `  ${cell}\t`)),
      ];
    });
    const base = row(7);
    const special = [
      base.with(0, "9000"),
      base.with(0, '"9,000.5"'),
      base.with(0, "(90)"),
      base.with(0, "−5000"),
      ...["Infinity", "∞", "-∞", "1.#INF", "-1.#INF00"].map((infinite) => base.with(0, infinite)),
      ...["∞", "-1.#INF"].map((infinite) => base.with(1, infinite)),
      base.with(1, "(5 %)"),
      base.with(1, "<3%"),
      base.with(1, "12"),
      base.with(2, '"1.234.567,5 €"'),
      base.with(2, '"€ 1 234"'),
      ...["TRUE", "1", "1.0", "0", "yes"].map((on) => base.with(4, on)),
      ...["2.0", " 2 ", "+2", "02", "9"].map((code) => base.with(5, code)),
      base.with(3, "Zu\u0308rich"),
      base.with(3, "Run"),
      // Columns that did not vary in training.
      ...["2", "1.0", "true", "x", "NA", "-"].map((fixed) => base.with(6, fixed)),
      ...["B2", " A1 ", ""].map((site) => base.with(7, site)),
    ];
    special.push(base.with(3, "Zu\u0308rich\u00a0"));
    const today = await data.put("today.csv", csv(HEADER, [...odd, ...special]));
    const compared = await both(model, today);
    agree(compared);
    const alike = HEADER.map((name, k) => (k % 2 ? `\u200b${name}` : `${name}\u00a0`));
    const renamed = await both(model, await data.put("alike.csv", csv(alike, [...odd, ...special])));
    expect(renamed).toEqual(compared);
    // Scores that would not differ if texts were read otherwise would prove nothing.
    expect(new Set(compared.here.map(([score]) => score)).size).toBeGreaterThan(100);
    expect(new Set(compared.here.map(([, , flag]) => flag)).size).toBe(2);
  });

  it("reads with the tokens, the delimiter and the decimal mark that the model was told", async ({
    skip,
  }) => {
    skip(python === undefined, why);
    const line = (k: number): string[] => [
      k % 20 === 0 ? "-999.0" : String(wave(k)).replace(".", ","),
      k % 30 === 0 ? "gone" : ["a", "b", "NA"][k % 3]!,
    ];
    const rows = Array.from({ length: 200 }, (_, k) => line(k));
    const path = await data.put("told.csv", csv(["x", "y"], rows, ";"));
    const model = await new Knn(quick).fit(
      await open(path, { missing: ["-999", "gone"], decimal: ",", delimiter: ";" }),
    );
    agree(await both(model, path));
  });

  it("reads JSON lines, and windows of a series", async ({ skip }) => {
    skip(python === undefined, why);
    const lines = Array.from({ length: 200 }, (_, k) =>
      JSON.stringify({ x: k % 50 === 0 ? null : wave(k), on: k % 4 < 2, code: k % 3 }),
    );
    const path = await data.put("rows.jsonl", lines.join("\n"));
    const model = await new Knn(quick).fit(await open(path, { columnTypes: { code: "categorical" } }));
    agree(await both(model, path));
    const series = await new Knn(quick).fit(await open(path, { window: 5 }));
    await series.save(`${data.path}/series.onnx`);
    const printed = runPython([script, `${data.path}/series.onnx`, path])
      .trim()
      .split("\n");
    expect(printed).toHaveLength(1 + 196);
    const { scores } = await series.score((await open(path, { window: 5 })).data);
    expect(printed.slice(1).map((text) => Math.fround(Number(text.split(",")[1])))).toEqual(
      Array.from(scores),
    );
  });

  it("takes the level out of a series as the package does", async ({ skip }) => {
    skip(python === undefined, why);
    const lines = Array.from({ length: 160 }, (_, k) =>
      JSON.stringify({
        x: k % 31 === 0 ? null : wave(k) + k,
        y: wave(2 * k) - (k > 80 ? 50 : 0),
        on: k % 3 < 2,
      }),
    );
    const path = await data.put("drift.jsonl", lines.join("\n"));
    const options = { window: 5, detrend: 24 };
    const model = await new Knn(quick).fit(await open(path, options));
    await model.save(`${data.path}/drift.onnx`);
    const [, ...printed] = runPython([script, `${data.path}/drift.onnx`, path])
      .trim()
      .split("\n");
    const { scores } = await model.score((await open(path, options)).data);
    expect(printed.map((text) => Math.fround(Number(text.split(",")[1])))).toEqual(Array.from(scores));
  });

  it("feeds when windows end to a model that compares within a season", async ({ skip }) => {
    skip(python === undefined, why);
    const lines = Array.from({ length: 1400 }, (_, k) =>
      JSON.stringify({ t: new Date(1.7e12 + k * 3_600_000).toISOString(), x: wave(k) * (1 + (k % 24)) }),
    );
    const path = await data.put("hours.jsonl", lines.join("\n"));
    const options = { window: 4, timeColumn: "t", season: "day" } as const;
    const model = await new Knn(quick).fit(await open(path, options));
    expect(model.card.season?.parts).toBe(2);
    await model.save(`${data.path}/season.onnx`);
    const [, ...printed] = runPython([script, `${data.path}/season.onnx`, path])
      .trim()
      .split("\n");
    const { scores, pValues } = await model.score((await open(path, options)).data);
    expect(printed.map((text) => text.split(",").slice(1, 3).map(Number).map(Math.fround))).toEqual(
      Array.from(scores, (score, k) => [score, pValues[k]]),
    );
  });

  it("reads lengths of time, digits of other scripts, quoted numbers and invisible characters", async ({
    skip,
  }) => {
    skip(python === undefined, why);
    const names = ["length", "lap", "quoted", "code"];
    const cells = (k: number): string[] => [
      `PT${100 + Math.abs(Math.round(wave(k)))}S`,
      `${10 + (k % 7)}:${10 + Math.abs(Math.round(wave(3 * k)))}`,
      `'${wave(5 * k) + 50}`,
      String(1 + (k % 4)),
    ];
    const rows = Array.from({ length: 300 }, (_, k) => cells(k));
    const path = await data.put("lengths.csv", csv(names, rows));
    const model = await new Knn(quick).fit(await open(path, { columnTypes: { code: "categorical" } }));
    expect(model.card.schema).toMatchObject({
      numeric: [{ notation: { duration: "full" } }, { notation: { duration: "short" } }, { name: "quoted" }],
    });
    const base = cells(7);
    const today = await data.put(
      "lengths-today.csv",
      csv(names, [
        base,
        ...["00:02:05", "PT9H", "-1 days +00:00:01", "2m5s", "125", "NA", "ＰＴ１２５Ｓ"].map((cell) =>
          base.with(0, cell),
        ),
        ...["99:59", "\u200b12:30", "750", ""].map((cell) => base.with(1, cell)),
        ...["'9000", "９０００", "٩٠٠٠", "'-5", '"""7"""', "5\u200b0", "n/a\u00ad"].map((cell) =>
          base.with(2, cell),
        ),
        ...["1e0", "2.0E+00", "\u20603", "3\u200b", "1e9", "\u200b"].map((cell) => base.with(3, cell)),
      ]),
    );
    const compared = await both(model, today);
    agree(compared);
    expect(compared.here[1]).toEqual(
      (await both(model, await data.put("same.csv", csv(names, [base.with(0, "PT125S")])))).here[0],
    );
  });

  it.each([
    ["sep=;\nx;y\n", ";"],
    ['"SEP=|"\r\nx|y\n', "|"],
    ["sep=,\nx,y\n", ","],
    ['"x;z;k";y\n', ";"],
    ['"x,z,k,l";y\n', ";"],
    ["x\ty\n", "\t"],
  ])("finds the delimiter of %j", async (head, delimiter) => {
    if (python === undefined) return;
    const rows = Array.from({ length: 120 }, (_, k) => [wave(k), wave(2 * k)].join(delimiter));
    const path = await data.put("delimited.csv", head + rows.join("\n"));
    agree(await both(await new Knn(quick).fit(await open(path)), path));
  });

  it("says which cell is no number", async ({ skip }) => {
    skip(python === undefined, why);
    const path = await data.put(
      "n.csv",
      csv(
        ["x", "y"],
        Array.from({ length: 60 }, (_, k) => [wave(k), wave(2 * k)]),
      ),
    );
    const model = await new Knn(quick).fit(await open(path));
    await model.save(`${data.path}/n.onnx`);
    const bad = await data.put("bad.csv", "x,y\n1,2\n0x1F,3\n");
    expect(() => runPython([script, `${data.path}/n.onnx`, bad])).toThrow(
      "column 'x' was trained on numbers, but row 2 holds '0x1F'",
    );
    await expect(open(bad, { model }).then((rows) => model.score(rows))).rejects.toThrow(
      'data row 2 holds "0x1F"',
    );
  });

  it("refuses rows that lack a column, and says what is wrong in a line", async ({ skip }) => {
    skip(python === undefined, why);
    const rows = Array.from({ length: 60 }, (_, k) => [wave(k), wave(2 * k)]);
    const model = await new Knn(quick).fit(await open(await data.put("xy.csv", csv(["x", "y"], rows))));
    const file = `${data.path}/xy.onnx`;
    await model.save(file);
    const said = (...args: string[]): string => {
      const { status, stderr, stdout } = spawnSync(python!, [script, ...args], { encoding: "utf8" });
      expect([status, stdout]).toEqual([1, ""]);
      return stderr;
    };
    const machines = rows.map((cells, k) => [`m${k % 2}`, ...cells]);
    const training = await open(await data.put("xym.csv", csv(["machine", "x", "y"], machines)), {
      perEntity: "machine",
    });
    await trainFleet(training, { detector: "knn", out: `${data.path}/xy.hsz`, workers: 1 });
    expect(said(`${data.path}/xy.hsz`, await data.put("any.csv", "x,y\n1,2\n"))).toMatch(
      /^error: \S+xy\.hsz is a fleet, and single models are read here: `hypersphere inspect /,
    );
    const lacking = await data.put("x.csv", "x,z\n1,2\n");
    expect(said(file, lacking)).toBe(
      "error: the rows lack columns that the model reads: y. They have x, z.\n",
    );
    await expect(open(lacking, { model }).then((rows) => model.score(rows))).rejects.toThrow(
      'lacks the column "y"',
    );
    expect(said(file, await data.put("empty.csv", ""))).toMatch(/^error: \S*empty\.csv is empty\n$/);
    expect(said(file)).toMatch(/^error: no data were named\. Usage: .*\n$/);
    expect(said(lacking, lacking)).toMatch(/^error: .*\n$/);
  });

  it("finds the same number in every text", ({ skip }) => {
    skip(python === undefined, why);
    const part = fc.constantFrom(
      "1",
      "12",
      "234",
      "0",
      ".",
      ",",
      " ",
      "'",
      "-",
      "−",
      "+",
      "(",
      ")",
      "%",
      "€",
      "$",
      "W",
      "kWh/m²",
      "e5",
      "<",
      "inf",
      "x1F",
      "_",
      "\u00a0",
      ...[
        "１",
        "٣٤",
        "٫",
        "٬",
        "\u200b",
        "\u00ad",
        "＋",
        ":",
        ":27",
        ":05:10",
        "PT",
        "P",
        "T",
        "S",
        "M",
        "h",
        "min",
      ],
      ...["3 days ", "ms", "𝟗", '"', "="],
    );
    const texts = [
      ...fc
        .sample(fc.array(part, { minLength: 1, maxLength: 7 }), { numRuns: 12_000, seed: 5 })
        .map((parts) => parts.join("")),
      ...[
        "1,234.5",
        "1.234,5",
        "1,23,456",
        "(1,234)",
        "$(5)",
        "($5) %",
        "5-",
        "1_000",
        "192.168.1.1",
        "0b11",
        "1e400",
        ...[
          "PT198S",
          "P1DT2H3M4,5S",
          "-PT5M",
          "00:07:27",
          "1 days 02:03:04",
          "-1 days +23:59:30",
          "7:27",
          "-0:05",
        ],
        ...[
          "1h 30min",
          "2M5S",
          "1 Day 2 Hours",
          "1001 ms",
          "7 µs",
          "PT1001.1S",
          "1.02:03:04",
          ...["1d02:03:04", "1 day 02:03", "-1:02:03:04.5", "1:02:03:04", "1:24:00:00"],
          ...["1:15 pm", "12:05:01.5 a. m.", "12:30PM", "13:15 PM", "0:15 am", "1 pm"],
          "'193",
          '="193"',
          "'0193",
        ],
        ...["١٬٢٣٤٫٥", "٣٫١٢٥", "−１２．５％", "𝟙𝟚"],
      ],
    ];
    const notations: NumberNotation[] = [
      {},
      { decimal: "." },
      { decimal: "," },
      { affix: "%" },
      { affix: "€", decimal: "," },
      { affix: "W" },
      { affix: "kWh/m2" },
      { duration: "full" },
      { duration: "short" },
      { duration: "days" },
      { duration: "12-hour" },
    ];
    const program =
      "import json, sys, hypersphere as h\n" +
      "texts, notations = json.load(sys.stdin)\n" +
      "print(json.dumps([[repr(v) for v in [h.parse_number(t), *(h.parse_noted(t, n) for n in notations)]] for t in texts]))";
    const printed = execFileSync(python!, ["-c", program], {
      encoding: "utf8",
      input: JSON.stringify([texts, notations]),
      env: { ...process.env, PYTHONPATH: folder, PYTHONIOENCODING: "utf8" },
      maxBuffer: 1e8,
    });
    const there = (JSON.parse(printed) as string[][]).map((values) =>
      values.map((text) => (text === "None" ? undefined : (parseNumber(text) ?? text))),
    );
    let numbers = 0;
    texts.forEach((text, k) => {
      const here = [parseNumber(text), ...notations.map((notation) => parseNoted(text, notation))];
      numbers += here.filter((value) => value !== undefined).length;
      expect(there[k], JSON.stringify(text)).toEqual(here);
    });
    expect(numbers).toBeGreaterThan(1000);
  });
});
