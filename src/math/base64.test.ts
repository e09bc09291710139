import fc from "fast-check";
import { expect, it } from "vitest";
import { fromBase64, toBase64 } from "./base64.js";

it("is that of Node, and read back as it was, for more bytes than a call takes arguments as well", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.constantFrom(0, 1, 70_000), (some, more) => {
      const bytes = new Uint8Array(some.length + more);
      bytes.set(some);
      expect(toBase64(bytes)).toBe(Buffer.from(bytes).toString("base64"));
      expect(Buffer.compare(fromBase64(toBase64(bytes)), bytes)).toBe(0);
    }),
    { numRuns: 60 },
  );
  expect(() => fromBase64("no base64!")).toThrow();
});
