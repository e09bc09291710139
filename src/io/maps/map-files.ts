import { type FileHandle, open } from "node:fs/promises";
import { type Dataset, type ImageSet, type Samples, samplesOf } from "../../data/index.js";
import { throwIfAborted } from "../../errors.js";
import { colourScale } from "../../maps/colour-scale.js";
import { CONTACT_SIDE, type ContactTile, contactSheet } from "../../maps/contact-sheet.js";
import { codedMap16 } from "../../maps/map-codes.js";
import { overlay } from "../../maps/overlay.js";
import { type AnomalyMap, type Region, regionsOf } from "../../maps/regions.js";
import { shrunkImage } from "../../maps/shrink.js";
import { Highest } from "../../math/highest.js";
import { type Model, type RowOutcome, requireMaps } from "../../model/index.js";
import type { Ties } from "../../scoring/index.js";
import { figure, shortFloat32 } from "../../text/format.js";
import { printableJson } from "../../text/printable.js";
import { encodeMapPng, encodePng } from "../encode-image.js";
import { openStagedFolder, type StagedFolder } from "../staged-folder.js";
import type { WriteOptions } from "../write-file.js";
import { outputNames } from "./output-names.js";

/** Pictures on the contact sheet. */
const MOST_TILES = 48;

/** What was found in one image. */
export interface FoundRegions {
  readonly count: number;
  /** Of the largest one, in pixels of the image. */
  readonly box: Region["box"] | undefined;
}

/**
 * Writes what people look at, image by image as a model scores them, so that memory holds one at a time: NAME_overlay.png,
 * NAME_map.png, regions.json and contact.png in one folder, which appears when all is written.
 *
 * @example
 * const files = await MapFiles.open("maps", model, samples);
 * try {
 *   await model.score(samples, { onMap: (map, row, outcome) => files.add(map, row, outcome) });
 *   await files.commit();
 * } finally {
 *   await files.discard();
 * }
 */
export class MapFiles {
  /** One per image that was added, by its row. */
  readonly found: FoundRegions[] = [];
  readonly #folder: StagedFolder;
  readonly #list: FileHandle;
  readonly #images: ImageSet;
  readonly #names: readonly string[];
  readonly #calibration: Float32Array;
  readonly #ties: Ties;
  readonly #signal: AbortSignal | undefined;
  readonly #worst = new Highest<ContactTile>(MOST_TILES);
  #empty = true;

  private constructor(
    folder: StagedFolder,
    list: FileHandle,
    model: Model,
    images: ImageSet,
    { signal }: WriteOptions,
  ) {
    this.#folder = folder;
    this.#list = list;
    this.#images = images;
    this.#names = outputNames(images.names, images.rowCount);
    this.#calibration = model.calibrationScores;
    this.#ties = model.ties;
    this.#signal = signal;
  }

  /**
   * @param path of the folder: a new one, an empty one, or with `force` any, where files of the same names are replaced
   * @param given the images that will be scored
   * @throws HypersphereError `invalid-option` for a model that makes no maps; `file-exists`, `io`
   */
  static async open(
    path: string,
    model: Model,
    given: Dataset | Samples,
    options: WriteOptions = {},
  ): Promise<MapFiles> {
    requireMaps(model.card);
    // Models that make maps take images alone.
    const images = samplesOf(given).data as ImageSet;
    const folder = await openStagedFolder(path, options);
    try {
      const list = await open(await folder.place(LIST), "wx");
      return new MapFiles(folder, list, model, images, options);
    } catch (error) {
      await folder.discard();
      throw error;
    }
  }

  /** Takes what `onMap` of `score` is given. @throws HypersphereError `io`, `aborted`, as `images.read` */
  async add(map: AnomalyMap, row: number, outcome: RowOutcome): Promise<void> {
    throwIfAborted(this.#signal);
    const { score, pValue, isAnomaly, threshold } = outcome;
    const image = await this.#images.read(row);
    const { height, width } = image;
    const regions = regionsOf(map, threshold, {
      calibration: this.#calibration,
      ties: this.#ties,
      size: image,
    });
    const largest = regions.reduce<Region | undefined>(
      (best, region) => (best === undefined || region.area > best.area ? region : best),
      undefined,
    );
    this.found[row] = { count: regions.length, box: largest?.box };

    const name = this.#names[row]!;
    const given = this.#images.names?.[row] ?? name;
    const scale = colourScale(threshold);
    const outlines = regions.flatMap(({ polygons }) => polygons);
    await this.#folder.write(
      `${name}_overlay.png`,
      await encodePng({ height, width, data: overlay(image, map, { scale, outlines }) }),
    );
    const coded = codedMap16(map);
    await this.#folder.write(`${name}_map.png`, await encodeMapPng(coded));
    await this.#write(
      {
        image: given,
        score: shortFloat32(score),
        pValue: shortFloat32(pValue),
        flagged: isAnomaly,
        height,
        width,
        overlay: `${name}_overlay.png`,
        map: {
          file: `${name}_map.png`,
          height: map.height,
          width: map.width,
          offset: coded.offset,
          step: coded.step,
        },
        regions: regions.map(written),
      },
      threshold,
    );

    if (!this.#worst.takes(score)) return;
    const small = shrunkImage(image, CONTACT_SIDE);
    const factor = small.width / width;
    const near = outlines.map((outline) => outline.map(([x, y]) => [x * factor, y * factor] as const));
    this.#worst.add(score, {
      picture: { ...small, data: overlay(small, map, { scale, outlines: near }) },
      lines: [given, `${figure(shortFloat32(score))}  p ${figure(shortFloat32(pValue), 2)}`],
      marked: isAnomaly,
    });
  }

  /** Writes the list and the contact sheet, and gives the folder its name. @throws HypersphereError `file-exists`, `io` */
  async commit(): Promise<void> {
    await this.#list.write(this.#empty ? '{"images":[]}\n' : "\n]}\n");
    await this.#list.close();
    await this.#folder.write("contact.png", await encodePng(contactSheet(this.#worst.values)));
    throwIfAborted(this.#signal);
    await this.#folder.commit();
  }

  /** Leaves nothing behind. Does nothing after `commit`. */
  async discard(): Promise<void> {
    await this.#list.close().catch(() => {});
    await this.#folder.discard();
  }

  /** One line per image, so that the list can be read with tools for lines, too. */
  async #write(entry: object, threshold: number): Promise<void> {
    const before = this.#empty
      ? `{"threshold":${shortFloat32(threshold)},"source":${text(this.#images.source)},"images":[\n`
      : ",\n";
    this.#empty = false;
    await this.#list.write(before + printableJson(JSON.stringify(entry)));
  }
}

const LIST = "regions.json";
const text = (value: string): string => printableJson(JSON.stringify(value));

const written = ({ box, polygons, area, peak, at, pValue }: Region): object => ({
  box: box.map(rounded),
  polygons: polygons.map((polygon) => polygon.map(([x, y]) => [rounded(x), rounded(y)])),
  area: rounded(area),
  peak: shortFloat32(Math.fround(peak)),
  at: at.map(rounded),
  pValue: shortFloat32(Math.fround(pValue)),
});

/** Hundredths of a pixel. */
const rounded = (value: number): number => Math.round(100 * value) / 100;
