import { describe, expect, test } from "vitest";
import { CONTACT_SIDE, contactSheet } from "./contact-sheet.js";
import { eachDot, LETTER } from "./pixel-font.js";

const tile = (
  height: number,
  width: number,
  colour: readonly number[],
  marked = false,
  lines = ["name", "1.5"],
) => ({
  picture: { height, width, data: Uint8Array.from({ length: 3 * height * width }, (_, k) => colour[k % 3]!) },
  lines,
  marked,
});

describe("a contact sheet", () => {
  test("has rows of pictures with text below, and frames around those that are marked", () => {
    const red = [200, 10, 20];
    const { height, width, data } = contactSheet([
      tile(50, 100, red, true),
      ...Array(9).fill(tile(40, 30, [0, 0, 90])),
    ]);
    expect(data).toHaveLength(3 * height * width);
    expect(width).toBe(8 * (CONTACT_SIDE + 16));
    expect(height).toBeLessThan(2 * 150);
    const at = (x: number, y: number): number[] => [
      ...data.subarray(3 * (y * width + x), 3 * (y * width + x) + 3),
    ];
    const left = 8 + (CONTACT_SIDE - 100) / 2;
    expect([at(left, 8), at(left + 99, 57)]).toEqual([red, red]);
    expect([at(left - 1, 8), at(left + 100, 57), at(left, 58)]).toEqual(Array(3).fill([235, 235, 235]));
    const second = CONTACT_SIDE + 16 + 8 + (CONTACT_SIDE - 30) / 2;
    expect(at(second - 1, 30)).toEqual([24, 24, 24]);
  });

  test("may be empty, and cuts long names at their beginning", () => {
    expect(contactSheet([]).data.length).toBeGreaterThan(0);
    const long = tile(10, 10, [0, 0, 0], false, [`${"x".repeat(90)}end`]);
    const short = tile(10, 10, [0, 0, 0], false, [`..${"x".repeat(14)}end`]);
    expect(contactSheet([long])).toEqual(contactSheet([short]));
    const control = tile(10, 10, [0, 0, 0], false, ["a\u001b[2J"]);
    expect(contactSheet([control])).toEqual(contactSheet([tile(10, 10, [0, 0, 0], false, ["a\\x1b[2J"])]));
  });
});

describe("letters", () => {
  const drawn = (text: string): string[] => {
    const rows = Array.from({ length: 8 }, () => Array(LETTER.width * text.length).fill(" "));
    eachDot(text, (x, y) => {
      rows[y]![x] = "#";
    });
    return rows.map((row) => row.join("").trimEnd());
  };

  test("can be read", () => {
    expect(drawn("F7g")).toEqual([
      "##### #####",
      "#         #",
      "#         #  ###",
      "####     #  #  ##",
      "#       #   #  ##",
      "#      #     ## #",
      "#     #         #",
      "             ###",
    ]);
  });

  test("are all different, and strange ones are boxes", () => {
    const all = Array.from({ length: 94 }, (_, k) => drawn(String.fromCodePoint(33 + k)).join("\n"));
    expect(new Set(all).size).toBe(94);
    expect(drawn("ü")).toEqual(drawn("漢"));
  });
});
