import { gradients } from "../../../src/graph/gradients.js";
import * as operators from "../../../src/graph/ops/index.js";
import { binary } from "./binary.js";
import type { Case } from "./case.js";
import { convolutions } from "./convolutions.js";
import { elementwise } from "./elementwise.js";
import { gemms } from "./products.js";
import { programs } from "./programs.js";
import { reductions } from "./reductions.js";
import { sequences } from "./sequences.js";

/** Gradients are graphs: those of these are compared with finite differences of the first gradient. */
export const secondOrder = [
  ...elementwise,
  ...binary.filter(({ name }) => /same shape|right repeated|open length$/.test(name)),
  ...gemms,
  ...sequences.filter(({ name }) => !name.startsWith("lstm")),
  ...reductions.filter(({ name }) => /over (everything|the last axis)$/.test(name)),
  ...convolutions.filter(({ name }) => name.startsWith("conv")),
  ...programs,
].map(
  (first): Case => ({
    ...first,
    name: `gradient of ${first.name}`,
    build: (_, x, graph, weigh) => {
      const { add, cast, square } = operators;
      const y = first.build(operators, x, graph, weigh);
      // Squared, so that linear operators have a second derivative too.
      return gradients(weigh(square(y)), Object.values(x))
        .map((gradient) => cast(weigh(gradient), "float64"))
        .reduce((total, value) => add(total, value));
    },
  }),
);
