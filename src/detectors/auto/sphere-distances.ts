import {
  add,
  concat,
  gather,
  leakyRelu,
  matmul,
  mul,
  reshape,
  split,
  square,
  sub,
  sum,
  type Tensor,
  transpose,
} from "../../graph/index.js";
import type { DrawnSphere, RandomSphere } from "./random-sphere.js";

/** Units that look at no more features than this have them looked up, instead of a product with a matrix of zeros. */
const FEW_INPUTS = 4;

/**
 * Squared distance of every row to the centre of each sphere: [spheres, rows].
 *
 * All spheres at once, and rows as columns: what a single row costs is the number of operators, and reading matrices. ONNX
 * Runtime reads the left matrix of a product in place, and copies the right one first.
 *
 * @param x features, [rows, columns]
 * @param spheres of the same columns, width and slope
 */
export function sphereDistances(x: Tensor, spheres: readonly RandomSphere[]): Tensor {
  const { width } = spheres[0]!;
  const center = stacked(x, "center", spheres, [width, 1], (sphere) => sphere.center);
  return sum(square(sub(whitened(hiddenUnits(x, spheres), spheres), center)), [1]);
}

/** Parts that the transforms are applied in, each without what is zero before its first row: 5/8 of the numbers are left. */
const PARTS = 4;

/** The units, [spheres, width, rows], times the transform of each sphere. */
function whitened(hidden: Tensor, spheres: readonly RandomSphere[]): Tensor {
  const { width } = spheres[0]!;
  const height = Math.ceil(width / PARTS);
  const parts: Tensor[] = [];
  for (let from = 0; from < width; from += height) {
    const [rows, columns] = [Math.min(height, width - from), width - from];
    const part = stacked(hidden, `transform${parts.length}`, spheres, [rows, columns], ({ transform }) =>
      Float32Array.from({ length: rows * columns }, (_, k) => {
        const row = from + Math.floor(k / columns);
        return transform[row * width + from + (k % columns)]!;
      }),
    );
    parts.push(matmul(part, from === 0 ? hidden : split(hidden, 1, [from, columns])[1]!));
  }
  return parts.length === 1 ? parts[0]! : concat(parts, 1);
}

/** What the units of each sphere say of features `x` [rows, columns]: [spheres, width, rows]. */
export function hiddenUnits(x: Tensor, spheres: readonly DrawnSphere[]): Tensor {
  const { columns, width, slope } = spheres[0]!;
  const values = transpose(x, [1, 0]);
  const inputs = spheres.map(inputsOfUnits);
  const most = Math.max(...inputs.flatMap((units) => units.map((unit) => unit.length)));
  if (most > FEW_INPUTS) {
    const origin = stacked(x, "origin", spheres, [columns, 1], (sphere) => sphere.origin);
    const weight = stacked(x, "weight", spheres, [width, columns], transposedWeight);
    return leakyRelu(matmul(weight, sub(reshape(values, [1, columns, x.shape[0]!]), origin)), slope);
  }
  const units = spheres.length * width;
  const term = (k: number): Tensor => {
    // A unit with fewer inputs looks at the first column, with a weight of 0.
    const looked = spheres.map((_, sphere) =>
      inputs[sphere]!.map((unit) => ({ column: unit[k] ?? 0, has: k < unit.length })),
    );
    const columnsOf = x.graph.initializer(
      `spheres.input${k}`,
      "int64",
      [units],
      BigInt64Array.from(looked.flat(), ({ column }) => BigInt(column)),
    );
    const origin = stacked(x, `origin${k}`, spheres, [width, 1], (sphere, at) =>
      Float32Array.from(looked[at]!, ({ column }) => sphere.origin[column]!),
    );
    const weight = stacked(x, `weight${k}`, spheres, [width, 1], ({ weight }, at) =>
      Float32Array.from(looked[at]!, ({ column, has }, unit) => (has ? weight[column * width + unit]! : 0)),
    );
    const own = reshape(gather(values, columnsOf), [spheres.length, width, x.shape[0]!]);
    return mul(sub(own, origin), weight);
  };
  let total = term(0);
  for (let k = 1; k < most; k++) total = add(total, term(k));
  return leakyRelu(total, slope);
}

/** The columns that each unit looks at, ascending. */
function inputsOfUnits({ weight, columns, width }: DrawnSphere): number[][] {
  return Array.from({ length: width }, (_, unit) => {
    const looked: number[] = [];
    for (let column = 0; column < columns; column++) {
      if (weight[column * width + unit] !== 0) looked.push(column);
    }
    return looked;
  });
}

const transposedWeight = ({ weight, columns, width }: DrawnSphere): Float32Array =>
  Float32Array.from(weight, (_, k) => weight[(k % columns) * width + Math.floor(k / columns)]!);

/** One initializer for what each of the spheres has of its own, [spheres, ...shape]. */
function stacked<Sphere>(
  { graph }: Tensor,
  name: string,
  spheres: readonly Sphere[],
  shape: readonly [number, number],
  of: (sphere: Sphere, at: number) => Float32Array,
): Tensor {
  const size = shape[0] * shape[1];
  const data = new Float32Array(spheres.length * size);
  spheres.forEach((sphere, k) => data.set(of(sphere, k), k * size));
  return graph.initializer(`spheres.${name}`, "float32", [spheres.length, ...shape], data);
}
