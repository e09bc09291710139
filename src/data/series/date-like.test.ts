import { describe, expect, it } from "vitest";
import { isDate } from "./date-like.js";

describe("isDate", () => {
  it.each([
    ["numbers", "31.5.2024", "5/31/24", "2024.05.31", "2024:05:31 13:45", "01.05.", "20240531 134500"],
    ["times behind", "2024-05-31 13h45", "2024-05-31T13-45-00", "01-MAY-24 01.45.00.000000000 PM"],
    ["a time before", "13:45 01.05.2024", "1:45 PM 5/1/2024"],
    ["zones", "2024-05-31 13:45:00 -0700 MST", "2024-05-31T00:00:00+02:00[Europe/Berlin]"],
    ["named zones", "2024-05-31 00:00:00 America/New_York", "Fri May 31 2024 13:45:00 GMT+0200 (CEST)"],
    ["logs", "[01/May/2024:13:45:00 +0000]", "May 31 13:45:00", "Fri May 31 13:45:00 CEST 2024"],
    ["names of months", "31 de mayo de 2024", "1er mai 2024", "5 мая 2024 г.", "31MAY2024:13:45:00"],
    ["no year", "May 31", "31. Mai", "5月1日"],
    ["days of the year", "2024-152", "2024-152T13:45:00"],
    [
      "periods",
      "2024-W18",
      "W18 2024",
      "KW18/2024",
      "2024Q1",
      "Q1'24",
      "1Q24",
      "H1 2024",
      "FY2024",
      "2024M05",
    ],
    ["months", "2024-5", "05/2024", "May-24", "Mai 2024", "令和6年5月1日"],
    ["quotation marks, JSON", '"2024-05-31"', "'2024-05-31", "/Date(1714521600000)/"],
  ])("finds dates with %s", (_, ...cells) => {
    expect(cells.filter((cell) => !isDate(cell))).toEqual([]);
  });

  it("finds none in names, codes, versions, sizes, sections and numbers", () => {
    const cells = [
      "Set 3",
      "Marker 5",
      "2OUT12",
      "3/4",
      "1.2.",
      "1.2.3",
      "Q1",
      "Q1-07",
      "A-2024",
      "2024-999",
      "5 decks",
    ];
    cells.push(
      "1-2024-7",
      "12 V",
      "10:30",
      "W18",
      "Mon",
      "May",
      "[171]",
      '"12"',
      "SN-20240531",
      "H2O",
      "",
      "[]",
      "''",
    );
    cells.push("1:00 ".repeat(1e6));
    expect(cells.filter(isDate)).toEqual([]);
  });
});
