export { beside } from "./beside.js";
export { COLOUR_MAP, colourAt } from "./colour-map.js";
export { type ColourScale, colourScale } from "./colour-scale.js";
export { type ColourPixels, drawOutlines, type Outline } from "./draw-outlines.js";
export { type CodedMap, codedMap16, decodedMap } from "./map-codes.js";
export { type OverlayOptions, overlay, type PixelImage } from "./overlay.js";
export { type AnomalyMap, type Region, type RegionOptions, regionsOf } from "./regions.js";
