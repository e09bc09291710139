import { type ImageSet, MarkedMasks, type Samples } from "../../data/index.js";
import { HypersphereError } from "../../errors.js";
import { type InputSchema, inputShape } from "../../features/index.js";

/**
 * The masks of images at the size that the model sees, [height * width] each: a pixel is of a defect where any pixel is
 * that it was made from. Thin defects stay.
 * @param onWarning told of masks that look the wrong way round
 * @throws HypersphereError `unfit-data` for a mask that marks nothing, or is missing
 */
export async function seenMasks(
  defects: Samples,
  schema: InputSchema,
  onWarning: ((sentence: string) => void) | undefined,
): Promise<Uint8Array[]> {
  const [, height, width] = inputShape(schema) as [number, number, number];
  // Only images have masks.
  const images = defects.data as ImageSet;
  const marked = new MarkedMasks();
  const masks: Uint8Array[] = [];
  for (let row = 0; row < images.rowCount; row++) {
    const size = await images.read(row);
    const mask = await defects.mask!(row);
    if (!marked.add(mask)) throw marksNothing(defects, row);
    masks.push(resizedMask(mask, size, { height, width }));
  }
  for (const doubt of marked.doubts()) onWarning?.(`${images.source}: ${doubt}`);
  return masks;
}

function marksNothing({ names, rowCount, data }: Samples, row: number): HypersphereError {
  const which = names === undefined ? `image ${row + 1} of ${rowCount}` : names.of(row).join(", ");
  return new HypersphereError("unfit-data", `${data.source}: the mask of ${which} marks no pixel.`, {
    hint: "Give images with defects and masks that are above zero where the defect is.",
  });
}

interface Size {
  readonly height: number;
  readonly width: number;
}

function resizedMask(mask: Uint8Array, from: Size, to: Size): Uint8Array {
  const result = new Uint8Array(to.height * to.width);
  const down = ranges(from.height, to.height);
  const across = ranges(from.width, to.width);
  for (let row = 0; row < to.height; row++)
    for (let column = 0; column < to.width; column++) {
      const [top, bottom] = down[row]!;
      const [left, right] = across[column]!;
      let found = 0;
      for (let y = top; y < bottom; y++)
        for (let x = left; x < right; x++) if (mask[y * from.width + x] !== 0) found = 1;
      result[row * to.width + column] = found;
    }
  return result;
}

/** The places along an axis that each of its places at another length is made from. */
const ranges = (from: number, to: number): (readonly [first: number, end: number])[] =>
  Array.from({ length: to }, (_, k) => {
    const first = Math.floor((k * from) / to);
    return [first, Math.max(first + 1, Math.ceil(((k + 1) * from) / to))];
  });
