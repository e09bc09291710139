import { expect, test } from "vitest";
import { columns } from "./format.js";
import { printable, printableJson, printableLine } from "./printable.js";

/** Everything that a terminal could obey, or that hides or turns what stands around it. */
const harmful = [
  ...Array.from({ length: 32 }, (_, code) => code).filter((code) => code !== 10),
  ...Array.from({ length: 33 }, (_, k) => 0x7f + k),
  ...[0xad, 0x61c, 0x180e, 0x200b, 0x200e, 0x200f, 0x2028, 0x2029, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e],
  ...[0x2060, 0x2066, 0x2067, 0x2068, 0x2069, 0xfeff, 0xfff9, 0xe0001, 0xe0041, 0xd800, 0xdfff],
].map((code) => String.fromCodePoint(code));

test("harmful characters are shown by their codes", () => {
  for (const character of harmful) {
    const text = printable(`a${character}b`);
    expect(text).toMatch(/^a\\(x[0-9a-f]{2}|u\{[0-9a-f]{4,5}\}|t|r)b$/);
    expect(printable(text)).toBe(text);
  }
  expect(printable("\u001b]0;title\u0007\u001b[31mred")).toBe("\\x1b]0;title\\x07\\x1b[31mred");
  expect(printable("abc\u202etxt.exe")).toBe("abc\\u{202e}txt.exe");
});

test("ordinary text stays, whatever its script", () => {
  for (const text of ["Größe [°C] ±5 %", "температура", "温度", "می\u200cخواهم", "👩\u200d🔧", "a\nb", ""]) {
    expect(printable(text)).toBe(text);
  }
});

test("a name cannot make a line of its own", () => {
  expect(printableLine("x\nerror: all is lost")).toBe("x\\nerror: all is lost");
  expect(
    columns([
      ["a\nwarning: b", "c\u001b[2J"],
      ["d", "e"],
    ]),
  ).toEqual(["a\\nwarning: b  c\\x1b[2J", "d              e"]);
});

test("JSON says the same without them", () => {
  const value = { [harmful.join("")]: harmful.join(""), "a\nb": "ü\u200d" };
  const text = printableJson(JSON.stringify(value));
  expect(JSON.parse(text)).toEqual(value);
  expect(printable(text)).toBe(text);
});
