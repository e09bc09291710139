import type { Samples } from "../data/index.js";
import { blobSource } from "../formats/blob-source.js";
import type { Place } from "../formats/folder.js";
import { fileList, listedFolder } from "../formats/listed-folder.js";
import type { Platform } from "../formats/platform.js";
import { type OpenSamplesOptions, openSamples } from "./open-samples.js";

/** Options of `open` in a browser: other files are blobs. */
export type OpenBlobOptions = OpenSamplesOptions<Blob>;

/** What a blob, a file or files hold, as samples. @throws HypersphereError as `open` */
export async function openBlobs(
  data: Blob | readonly File[],
  { labels, ...options }: OpenBlobOptions,
  platform: Platform,
): Promise<Samples> {
  const classes = labels && blobSource(labels);
  return openSamples(placeOf(data), { ...options, labels: classes }, platform);
}

/** A single file is itself, unless it came with its folder. */
function placeOf(data: Blob | readonly File[]): Place {
  if (data instanceof Blob) return blobSource(data);
  const files = fileList(data);
  const [first] = data;
  return files.length === 1 && !files[0]!.path.includes("/") ? blobSource(first!) : listedFolder(files);
}
