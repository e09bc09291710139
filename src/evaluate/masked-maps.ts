import { MarkedMasks, type Samples } from "../data/index.js";
import { HypersphereError } from "../errors.js";
import { kindOf } from "../features/index.js";
import type { AnomalyMap } from "../maps/index.js";
import { connectedComponents } from "../math/components.js";
import { type PixelFigures, PixelTally } from "../metrics/index.js";
import { type Model, tiesOf } from "../model/index.js";
import { exceeds, type Ties } from "../scoring/index.js";
import { counted } from "../text/format.js";

/** What maps of a model are worth, as far as the data say. */
export interface MapFigures {
  readonly figures?: PixelFigures;
  readonly notes: readonly string[];
}

/** Compares maps with masks of defects, image by image, as a model makes them. */
export class MaskedMaps {
  readonly #samples: Samples;
  readonly #ties: Ties;
  readonly #tally = new PixelTally();
  readonly #marked = new MarkedMasks();
  #defects = 0;
  #unseen = 0;
  #size = "";
  /** Why there will be no figures. */
  #problem: string | undefined;

  private constructor(samples: Samples, ties: Ties) {
    this.#samples = samples;
    this.#ties = ties;
  }

  /** Undefined for a model without maps, and for samples without masks. */
  static of(model: Model, samples: Samples): MaskedMaps | undefined {
    const { mask, labels } = samples;
    return model.card.map === undefined || mask === undefined || labels === undefined
      ? undefined
      : new MaskedMaps(samples, tiesOf(model.card));
  }

  /** Takes the map of a row. Rows without a label are left out. */
  async add({ height, width, data }: AnomalyMap, row: number): Promise<void> {
    const label = this.#samples.labels![row]!;
    if (label < 0 || this.#problem !== undefined) return;
    this.#size = `${height} x ${width}`;
    const regions = label === 1 ? await this.#regions(row, height, width) : new Int32Array(height * width);
    if (regions !== undefined) {
      this.#tally.add({ height, width, scores: data, mask: regions, regions });
    }
  }

  /** @param threshold of the model's decisions; without one nothing is flagged */
  result(threshold?: number): MapFigures {
    if (this.#problem !== undefined) return { notes: [`There are no figures of pixels: ${this.#problem}`] };
    const notes = this.#marked.doubts();
    if (this.#unseen > 0) {
      notes.push(
        `Too small for maps of ${this.#size} pixels (height x width), and left out of the figures of pixels: ${this.#unseen} of ${counted(this.#defects, "defect")} in the masks.`,
      );
    }
    if (!this.#tally.hasBothKinds) return { notes };
    const flags =
      threshold === undefined ? undefined : (score: number) => exceeds(score, threshold, this.#ties);
    return { figures: this.#tally.figures(flags), notes };
  }

  /**
   * The defects of an image at the size of the map, whose pixels each take what is in the middle of their part of the
   * image. Which pixels belong together is seen in the mask itself: lines that become dotted stay one defect.
   */
  async #regions(row: number, height: number, width: number): Promise<Int32Array | undefined> {
    const mask = await this.#mask(row);
    if (mask === undefined) return undefined;
    this.#marked.add(mask.data);
    const { labels, count } = connectedComponents(mask.data, mask.height, mask.width);
    const down = Int32Array.from({ length: height }, (_, y) =>
      Math.floor(((y + 0.5) * mask.height) / height),
    );
    const across = Int32Array.from({ length: width }, (_, x) => Math.floor(((x + 0.5) * mask.width) / width));
    const regions = new Int32Array(height * width);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) regions[y * width + x] = labels[down[y]! * mask.width + across[x]!]!;
    }
    const seen = new Set(regions);
    seen.delete(0);
    this.#defects += count;
    this.#unseen += count - seen.size;
    return regions;
  }

  /** A mask that is missing or does not fit leaves all without figures: those of some images would say nothing of the others. */
  async #mask(row: number): Promise<DefectMask | undefined> {
    const { data, mask } = this.#samples;
    try {
      const { height, width } = (await kindOf(data).pixelSize(data, row))!;
      const values = await mask!(row);
      if (values.length === height * width) return { height, width, data: values };
      this.#problem = `the mask of image ${row} has ${values.length} values for ${height} x ${width} pixels (height x width).`;
    } catch (error) {
      if (!(error instanceof HypersphereError && error.code === "unfit-data")) throw error;
      this.#problem = error.message;
    }
    return undefined;
  }
}

interface DefectMask {
  readonly height: number;
  readonly width: number;
  /** [height, width] */
  readonly data: Uint8Array;
}
