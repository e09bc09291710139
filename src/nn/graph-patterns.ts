import type { Node, Tensor } from "../graph/index.js";

/** Whether a tensor holds nothing but zeros, whatever runs. */
export function isZero({ contents }: Tensor): boolean {
  return (
    contents !== undefined && Array.from(contents as ArrayLike<unknown>).every((value) => Number(value) === 0)
  );
}

/** x / sqrt(mean or sum of x^2 + epsilon): the epsilon keeps zero at zero. */
export function dividesByOwnSize({ inputs: [x, size] }: Node): boolean {
  const sum = operandsOf(size, "Sqrt")?.[0];
  const [squares, epsilon] = operandsOf(sum, "Add") ?? [];
  if (!(Number(epsilon?.contents?.[0]) > 0)) return false;
  const mean = operandsOf(squares, "ReduceMean") ?? operandsOf(squares, "ReduceSum");
  return operandsOf(mean?.[0], "Mul")?.every((factor) => factor === x) === true;
}

const operandsOf = (tensor: Tensor | undefined, type: string): readonly Tensor[] | undefined =>
  tensor?.node?.operator.type === type ? tensor.node.inputs : undefined;
