import type { Platform } from "../formats/platform.js";
import { sharpDecode } from "./decode-image.js";
import { zlibInflate, zlibPages } from "./zlib-inflate.js";

export const nodePlatform: Platform = {
  inflate: zlibInflate,
  pages: zlibPages,
  decodeImage: sharpDecode,
};
