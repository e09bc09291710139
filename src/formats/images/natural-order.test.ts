import fc from "fast-check";
import { expect, it } from "vitest";
import { naturalOrder } from "./natural-order.js";

it("counts as people do, folder by folder", () => {
  const sorted = [
    "a/img1.png",
    "a/img2.png",
    "a/img2b.png",
    "a/img10.png",
    "a2/img0.png",
    "a10/x.png",
    "b.png",
  ];
  expect([...sorted].reverse().sort(naturalOrder)).toEqual(sorted);
  expect(["t99999999999999999999.png", "t99999999999999999998.png"].sort(naturalOrder)[0]).toContain("98");
});

it("is an order: whatever the order before, the order after is the same", () => {
  const name = fc.string({ unit: fc.constantFrom("0", "1", "9", "a", "Z", ".", "_", "/"), maxLength: 8 });
  fc.assert(
    fc.property(fc.uniqueArray(name, { maxLength: 12 }), (names) => {
      const once = [...names].sort(naturalOrder);
      expect([...names].reverse().sort(naturalOrder)).toEqual(once);
      expect(once.every((a, i) => once.slice(i + 1).every((b) => naturalOrder(a, b) < 0))).toBe(true);
    }),
  );
});
