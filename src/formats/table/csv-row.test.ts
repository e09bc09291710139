import { describe, expect, it } from "vitest";
import { formatCsvRow } from "./csv-row.js";

describe("texts that spreadsheets run", () => {
  it.each([
    ["=1+1", "'=1+1"],
    ["+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"],
    ["-2+3+cmd", "'-2+3+cmd"],
    ["@SUM(A1)", "'@SUM(A1)"],
    ["\t=1", "'\t=1"],
    ["\r=1", '"\'\r=1"'],
    ["\n=1", '"\'\n=1"'],
    ['=HYPERLINK("http://x","y")', '"\'=HYPERLINK(""http://x"",""y"")"'],
    ["＝1+1", "'＝1+1"],
    ["-", "'-"],
  ])("%j gets an apostrophe", (text, written) => {
    expect(formatCsvRow(["a", text])).toBe(`a,${written}\n`);
  });

  it.each(["-5", "+5", "-5.25e3", "1-2", "a=b", "x@y", "'=1", " =1", "", -5, 5, true])(
    "%j is left alone",
    (cell) => {
      expect(formatCsvRow(["a", cell])).toBe(formatCsvRow(["a", cell], { formulas: "keep" }));
    },
  );

  it("are kept where that is asked for", () => {
    expect(formatCsvRow(["=1+1", "-x"], { formulas: "keep" })).toBe("=1+1,-x\n");
    expect(formatCsvRow(["=1;1", "-x"], { formulas: "keep", delimiter: ";" })).toBe('"=1;1";-x\n');
  });
});
