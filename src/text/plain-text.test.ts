import { describe, expect, test } from "vitest";
import { plainText } from "./plain-text.js";

describe("plainText", () => {
  test("underlines headings and wraps paragraphs", () => {
    expect(plainText("# Title\n\nOne two\nthree *four* **five**.\n\n## Part\nmore\n", 14)).toBe(
      "Title\n=====\n\nOne two three\nfour five.\n\nPart\n----\n\nmore\n",
    );
  });

  test("takes marks away, but not inside code", () => {
    const text =
      "See [here](a.md#b), [there](https://example.org) and **`a * b`** *or* `**c** [d](e)`; 2 * 3 * 4.";
    expect(plainText(text, 200)).toBe(
      "See here, there (https://example.org) and `a * b` or `**c** [d](e)`; 2 * 3 * 4.\n",
    );
  });

  test("indents code and leaves it as it is", () => {
    expect(
      plainText("Run\n\n```sh\nnpm test   # **all**\n\n# not a heading\n```\n\n    as it is\n", 10),
    ).toBe("Run\n\n    npm test   # **all**\n\n    # not a heading\n\n    as it is\n");
  });

  test("hangs the lines of list items", () => {
    expect(plainText("- one two three\n  four\n- five\n\n1. six seven eight\n", 12)).toBe(
      "- one two\n  three four\n- five\n\n1. six seven\n   eight\n".replace("- five\n\n1.", "- five\n1."),
    );
  });

  test("sets tables in columns, and wraps the last", () => {
    const table = "| a | meaning |\n|---|---|\n| `x` | the first of many words \\| bars |\n| long name | |\n";
    expect(plainText(table, 42)).toBe(
      [
        "a          meaning",
        "---------  ------------------------------",
        "`x`        the first of many words | bars",
        "long name",
        "",
      ].join("\n"),
    );
  });

  test("sets cells below one another where columns do not fit", () => {
    const table =
      "| name | what it is | how it is used |\n|---|---|---|\n| n | a rather long text | another |\n| m | | short |\n";
    expect(plainText(table, 30)).toBe(
      "n\n    what it is: a rather long\n      text\n    how it is used: another\n\nm\n    how it is used: short\n",
    );
  });

  test("leaves comments out", () => {
    expect(plainText("<!-- generated: help -->\ntext\n<!-- end -->\n", 20)).toBe("text\n");
  });
});
