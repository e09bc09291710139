import type { Shape } from "../../../src/graph/tensor.js";
import { type Case, distinct } from "./case.js";

export const reductions = (["sum", "mean", "max"] as const).flatMap((operator) => {
  const axesCases: [string, Shape, readonly number[] | undefined][] = [
    ["over everything", [2, 3], undefined],
    ["over the first axis", [2, 3], [0]],
    ["over the last axis", [2, 3, 2], [-1]],
    ["over two axes", [2, 3, 2], [0, 2]],
    ["over no axis", [2, 3], []],
    ["over an axis of length 1", [2, 1, 3], [1]],
    ["over a fixed axis beside an open one", ["rows", 3], [1]],
    ["over an open axis", ["rows", 3], [0]],
    ["over everything, with an open axis", ["rows", 3], undefined],
    ["of a scalar", [], undefined],
  ];
  return axesCases.flatMap(([how, shape, axes]) =>
    [false, true].map(
      (keepDims): Case => ({
        name: `${operator} ${how}${keepDims ? ", axes kept" : ""}`,
        inputs: { x: shape },
        build: (o, { x }) => o[operator](x!, axes, { keepDims }),
        value: distinct,
      }),
    ),
  );
});
