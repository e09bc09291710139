/** The package in the browser. Call `useWebRuntime` once, before fitting or scoring. */
import type { Samples } from "./data/index.js";
import { browserTools, canvasDecoder } from "./formats/images/canvas-decoder.js";
import { webInflate } from "./formats/inflate.js";
import { type OpenBlobOptions, openBlobs } from "./model/open-blobs.js";
import { provideBackend } from "./runtime/index.js";
import { loadWasmRuntime } from "./runtime/web/wasm.js";
import { withTurns } from "./runtime/web/with-turns.js";

export * from "./core.js";
export type { ReadControl, ReadProgress } from "./formats/byte-source.js";
export type { SizeLimit, StallLimit } from "./formats/limits.js";
export type {
  ImageReading,
  Labelling,
  OpenOptions,
  SeriesCutting,
  TableReading,
} from "./formats/open-options.js";
export type { OpenBlobOptions } from "./model/open-blobs.js";
export type { OpenSamplesOptions } from "./model/open-samples.js";

/**
 * Loads onnxruntime-web. Fits and scores block the thread they run in: call them from a Web Worker.
 * @param options.wasmPaths where the .wasm files are served from, in bundles that move them
 */
export async function useWebRuntime(options: { wasmPaths?: string } = {}): Promise<void> {
  const runtime = withTurns(await loadWasmRuntime(options));
  provideBackend({
    cores: 1,
    inline: async () => runtime,
    open: async (count) => Array(count).fill(runtime),
  });
}

const platform = { inflate: webInflate, decodeImage: canvasDecoder(browserTools) };

/**
 * Opens what a file holds as samples: rows of a table (CSV and the like, JSON lines, Parquet, NPY, NPZ), windows of a
 * series (the same, with `window` or another of the options that say how they are cut; `.ts` files and arrays of windows),
 * or images (PNG, JPEG and what else the browser decodes, IDX, CIFAR-10, NPZ, NPY); text, IDX and `.ts` files also gzipped.
 * Several files are a folder: with the `webkitRelativePath` that `<input type="file" webkitdirectory>` gives them, names of
 * folders tell parts and labels, as parts/train/good/000.png does. Labels, names and a split that the data have of their own
 * come along. Nothing leaves the page.
 *
 * @example
 * const training = await open(input.files[0], { labelColumn: "fault", normalLabel: "none" });
 * const images = await open([...folderInput.files]);
 *
 * @throws HypersphereError `unreadable-data` for what is damaged; `unfit-data` for columns, labels and shapes that are not
 * as said; `invalid-option` also for options that do not concern what was found; `schema-mismatch` for data without the
 * columns that the model needs; `io` for a file that changed since it was chosen; `aborted`
 */
export const open = (data: Blob | readonly File[], options: OpenBlobOptions = {}): Promise<Samples> =>
  openBlobs(data, options, platform);
