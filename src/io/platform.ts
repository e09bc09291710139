import type { Platform } from "../formats/platform.js";
import { sharpDecode } from "./decode-image.js";
import { decodeInThread } from "./parquet/decoder-threads.js";
import { zlibInflate } from "./zlib-inflate.js";

export const nodePlatform: Platform = {
  inflate: zlibInflate,
  decodeImage: sharpDecode,
  decodeParquet: decodeInThread,
};
