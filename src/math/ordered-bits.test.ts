import fc from "fast-check";
import { expect, it } from "vitest";
import { fromOrderedBits, orderedBits, sortByKeys } from "./ordered-bits.js";

const floats = fc.float32Array({ noNaN: true });

it("bits are in the order of the values, infinities and zeros of both signs among them", () => {
  fc.assert(
    fc.property(floats, (values) => {
      const bits = orderedBits(values);
      expect(Array.from(bits, fromOrderedBits)).toEqual(Array.from(values, (value) => value + 0));
      for (let k = 1; k < values.length; k++) {
        expect(Math.sign(bits[k]! - bits[k - 1]!)).toBe(
          values[k]! === values[k - 1]! ? 0 : values[k]! > values[k - 1]! ? 1 : -1,
        );
      }
    }),
  );
  expect(new Set(orderedBits(Float32Array.of(0, -0))).size).toBe(1);
});

it("keys are sorted, and what they carry goes with them", () => {
  fc.assert(
    fc.property(floats, (values) => {
      const order = Array.from(values.keys()).sort((a, b) =>
        values[a] === values[b] ? a - b : values[a]! < values[b]! ? -1 : 1,
      );
      const carried = Float64Array.from(values.keys());
      const sorted = sortByKeys({ keys: orderedBits(values), carried });
      expect([...sorted.carried!]).toEqual(order);
      expect(sorted.keys).toEqual(orderedBits(Float32Array.from(order, (k) => values[k]!)));
    }),
  );
  expect(sortByKeys({ keys: Uint32Array.of(7, 2 ** 32 - 1, 0) })).toEqual({
    keys: Uint32Array.of(0, 7, 2 ** 32 - 1),
    carried: undefined,
  });
});
