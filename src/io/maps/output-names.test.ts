import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { outputNames } from "./output-names.js";

const of = (...names: string[]): string[] => outputNames(names, names.length);

describe("names of output files", () => {
  test("are those of the images without their endings, in their folders", () => {
    expect(of("good/000.png", "good/sub/1.tar.jpg", "plain", ".hidden/x.bmp")).toEqual([
      "good/000",
      "good/sub/1.tar",
      "plain",
      ".hidden/x",
    ]);
    expect(outputNames(undefined, 12).slice(0, 2)).toEqual(["image-01", "image-02"]);
  });

  test("keep endings where these alone tell files apart, and are numbered where nothing does on some system", () => {
    expect(of("a.png", "a.jpg", "b.png")).toEqual(["a.png", "a.jpg", "b"]);
    expect(of("A.png", "a.png")).toEqual(["A.png", "a.png-2"]);
    expect(of("a.png", "a.jpg", "a.png.png")).toEqual(["a.png-2", "a.jpg", "a.png"]);
    expect(of("é.png", "e\u0301.png")).toEqual(["é.png", "e\u0301.png-2"]);
  });

  test("lead nowhere else, and hold nothing that a system refuses", () => {
    expect(of("../../etc/passwd.png", "/abs.png", "a//b.png", "..", "a\\b:c\n.png", "x. /y.png", "")).toEqual(
      ["__/__/etc/passwd", "abs", "a/b", "__", "a_b_c_", "x__/y", "_"],
    );
    const long = of(`${"ü".repeat(200)}end.png`)[0]!;
    expect(new TextEncoder().encode(long).length).toBeLessThanOrEqual(180);
    expect(long).toMatch(/end$/);
  });

  test("are none of a device of Windows, in no folder and with no ending", () => {
    expect(of("CON.png", "con.tar.png", "nul/1.png", "COM1", "lpt³.x.png", "a/Aux.png")).toEqual([
      ...["CON_", "con_.tar", "nul_/1", "COM1_", "lpt³_.x", "a/Aux_"],
    ]);
    // As they begin so, but are no devices.
    expect(of("CONTROL.png", "COM10.png", "con-1.png", "a.con.png")).toEqual([
      ...["CONTROL", "COM10", "con-1", "a.con"],
    ]);
    expect(of("CON.png", "CON.jpg", "CON_.png")).toEqual(["CON_.png", "CON_.jpg", "CON_.png-2"]);
  });

  test("are all different, in any case", () => {
    const part = fc.constantFrom("a", "A", "a.png", "b", "a.png-2", "a-2", ".png");
    const name = fc.tuple(part, fc.constantFrom(".png", ".PNG", ".jpg", "")).map((parts) => parts.join(""));
    fc.assert(
      fc.property(fc.array(name, { maxLength: 12 }), (names) => {
        const made = outputNames(names, names.length).map((each) => each.toLowerCase());
        expect(new Set(made).size).toBe(names.length);
      }),
      { seed: 5, numRuns: 300 },
    );
  });
});
