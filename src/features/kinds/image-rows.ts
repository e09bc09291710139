import { withChannels } from "../../data/images/image-arrays.js";
import type { Image, ImageSet } from "../../data/index.js";
import { HypersphereError } from "../../errors.js";
import {
  abs,
  cast,
  div,
  maximum,
  mean,
  reshape,
  resize,
  sub,
  type Tensor,
  transpose,
} from "../../graph/index.js";
import { uint8 } from "../../runtime/index.js";
import type { ImageContrast, ImageSchema } from "../input-schema.js";
import { type Piece, type RawRows, rowsPerRun } from "../raw-rows.js";
import type { SchemaNotes } from "../raw-values.js";

/** Images of different sizes, or larger ones, are resized to this many pixels along their longer side by default. */
const DEFAULT_SIDE = 64;

/**
 * The size that images are resized to: their own where all have one small size, else that of a typical one made
 * smaller, with its proportions kept.
 * @param longerSide of the images that networks see, in pixels
 * @param mostPixels of a larger image where it is not given: elongated images so keep more of their length
 */
export async function imageSize(
  images: ImageSet,
  rows: ArrayLike<number>,
  longerSide: number | undefined,
  mostPixels?: number,
): Promise<Pick<ImageSchema, "height" | "width" | "resized">> {
  const sizes: Image[] = [];
  for (let k = 0; k < rows.length; k++) {
    const { height, width } = await images.read(rows[k]!);
    sizes.push({ height, width, data: NO_BYTES });
  }
  const typical = sizes.sort((a, b) => a.height * a.width - b.height * b.width)[sizes.length >> 1]!;
  const uniform = sizes.every(({ height, width }) => height === typical.height && width === typical.width);
  const side = Math.max(typical.height, typical.width);
  const wanted =
    longerSide ?? Math.min(side, mostPixels === undefined ? DEFAULT_SIDE : sideOf(typical, mostPixels));
  const scaled = (length: number): number => Math.max(1, Math.round((length * wanted) / side));
  const [height, width] = [scaled(typical.height), scaled(typical.width)];
  return { height, width, resized: !uniform || height !== typical.height || width !== typical.width };
}

/** Longer side at which an image has so many pixels, about. */
const sideOf = ({ height, width }: Image, pixels: number): number =>
  Math.max(1, Math.floor(Math.sqrt((pixels * Math.max(height, width)) / Math.min(height, width))));

const NO_BYTES = new Uint8Array(0);

/** Images as rows, float32 [rows, channels * height * width]. */
export function imageFeatureGraph(schema: ImageSchema, image: Tensor): Tensor {
  const { channels, height, width, min, max } = schema;
  // Bytes are moved before they become four times as large: that counts for images of many megapixels.
  const planes = div(cast(transpose(image, [0, 3, 1, 2]), "float32"), 255);
  const sized = schema.resized ? resize(planes, height, width) : planes;
  const rows = reshape(sized, ["rows", channels * height * width]);
  const normalised = rows.graph.reproducible(() => contrasted(rows, schema.contrast));
  return div(sub(normalised, min), max - min);
}

/**
 * Global contrast normalisation with the L1 scale, as in the code of Ruff et al. 2018 (PyTorch port): the mean over
 * all pixels and channels is subtracted, then the mean absolute value divides. An image of one colour stays at zero.
 */
function contrasted(rows: Tensor, contrast: ImageContrast): Tensor {
  if (contrast === "none") return rows;
  const centred = sub(rows, mean(rows, [1], { keepDims: true }));
  return div(centred, maximum(mean(abs(centred), [1], { keepDims: true }), 1e-8));
}

/** Images in the form of the model's input. */
export class ImageRows implements RawRows {
  readonly rowCount: number;
  readonly #images: ImageSet;
  readonly #schema: ImageSchema;

  constructor(data: ImageSet, schema: ImageSchema) {
    this.rowCount = data.rowCount;
    this.#images = withChannels(data, schema.channels);
    this.#schema = schema;
  }

  /** @throws HypersphereError `schema-mismatch` for an image of another size, where the model resizes none */
  async *pieces(rows?: ArrayLike<number>): AsyncIterable<Piece> {
    const count = rows?.length ?? this.rowCount;
    let from = 0;
    let batch: Image[] = [];
    for (let k = 0; k < count; k++) {
      const image = await this.#read(rows === undefined ? k : rows[k]!);
      const [first] = batch;
      const fits = first === undefined || (first.height === image.height && first.width === image.width);
      if (!fits || batch.length === this.#most(image)) {
        yield this.#piece(from, batch);
        from = k;
        batch = [];
      }
      batch.push(image);
    }
    if (batch.length > 0) yield this.#piece(from, batch);
  }

  notes(): SchemaNotes {
    return { extra: [], missing: {}, unseen: {}, outOfRange: {}, changed: {} };
  }

  #most({ height, width }: Image): number {
    const { channels } = this.#schema;
    return rowsPerRun(channels * Math.max(height * width, this.#schema.height * this.#schema.width));
  }

  #piece(from: number, batch: readonly Image[]): Piece {
    const { height, width } = batch[0]!;
    const { channels } = this.#schema;
    const size = height * width * channels;
    const bytes = new Uint8Array(batch.length * size);
    batch.forEach(({ data }, k) => {
      bytes.set(data, k * size);
    });
    const feeds = { image: uint8([batch.length, height, width, channels], bytes) };
    return { from, to: from + batch.length, feeds };
  }

  async #read(row: number): Promise<Image> {
    const { height, width, resized } = this.#schema;
    const image = await this.#images.read(row);
    if (!resized && (image.height !== height || image.width !== width)) {
      const name = this.#images.names?.[row] ?? `image ${row + 1}`;
      throw new HypersphereError(
        "schema-mismatch",
        `${this.#images.source}: ${name} has ${image.height} x ${image.width} pixels (height x width); the model was trained on ${height} x ${width}.`,
        {
          hint: "Resize the images, or add images of other sizes to the training data: a model of mixed sizes takes any size.",
        },
      );
    }
    return image;
  }
}
