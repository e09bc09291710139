import { COLOUR_MAP } from "../../maps/colour-map.js";
import type { ColourScale } from "../../maps/colour-scale.js";
import { toBase64 } from "../../math/base64.js";
import type { Ties } from "../../scoring/index.js";
import { count, figure, shortFloat32 } from "../../text/format.js";
import { printableLine } from "../../text/printable.js";
import { escapeText } from "../svg.js";
import { GALLERY_SCRIPT } from "./gallery-script.js";
import { GALLERY_STYLE } from "./gallery-style.js";

/** One image of a gallery. */
export interface GalleryImage {
  readonly name: string;
  readonly score: number;
  readonly pValue: number;
  readonly flagged: boolean;
  /** Of the original. */
  readonly height: number;
  readonly width: number;
  /** What is shown of it. */
  readonly picture: { readonly type: string; readonly bytes: Uint8Array };
  readonly map: PackedMap;
}

/** A map in 8 bits, see `codedMap8`; its highest value is the image's score. */
export interface PackedMap {
  readonly height: number;
  readonly width: number;
  readonly offset: number;
  readonly step: number;
  /** The codes, each as its difference to the one before, deflated (raw). */
  readonly packed: Uint8Array;
}

export interface GalleryPage {
  /** Worst first. */
  readonly images: readonly GalleryImage[];
  /** How many were scored; more than there are in the page, where it shows the worst alone. */
  readonly scored: number;
  readonly threshold: number;
  /** Of the model: which values count as equal. */
  readonly ties: Ties;
  readonly scale: ColourScale;
  /** Ascending scores of held-out normal images. */
  readonly calibration: Float32Array;
  /** Where the images came from, and what scored them. */
  readonly source: string;
  readonly detector: string;
}

/** One self-contained HTML page that loads nothing: pictures, maps and the program that shows them are in it. */
export async function galleryPage(page: GalleryPage): Promise<string> {
  const { images, scored, threshold, source, detector } = page;
  const shown =
    images.length < scored
      ? `the ${count(images.length)} worst of ${count(scored)} images`
      : `${count(scored)} images`;
  const hash = new Uint8Array(
    await crypto.subtle.digest("SHA-256", new TextEncoder().encode(GALLERY_SCRIPT)),
  );
  const policy = `default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-${toBase64(hash)}'`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>${escapeText(source)}: where images are abnormal</title><style>${GALLERY_STYLE}</style></head>
<body>
<header><h1>Where images are abnormal</h1>
<p>${escapeText(source)}: ${shown}, worst first. Scored by ${escapeText(detector)}; the model's threshold is ${figure(shortFloat32(threshold))}.</p>
<noscript><p>Without JavaScript the page shows images and scores, but no maps.</p></noscript></header>
<form class="controls" autocomplete="off" aria-label="How images are shown">
<p><label for="opacity">Opacity of the map</label> <input type="range" id="opacity" min="0" max="100" value="60"> <output id="opacity-text" for="opacity">60 %</output></p>
<p><label for="threshold">Threshold</label> <input type="range" id="threshold" aria-describedby="status"> <input type="number" id="threshold-number" step="any" aria-label="Threshold as a number"> <button type="button" id="reset">The model's threshold</button></p>
<p><label><input type="checkbox" id="flagged"> Flagged images alone</label></p>
<p id="status" role="status">${count(images.filter(({ flagged }) => flagged).length)} of ${count(images.length)} images are flagged.</p>
</form>
<p class="keys">Keys: arrows go from image to image, Enter opens the large view and Escape closes it, space shows and hides the map.</p>
<main><ol id="images">
${images.map(tile).join("\n")}
</ol></main>
<dialog id="large" tabindex="-1" aria-labelledby="large-name"><div class="bar"><h2 id="large-name"></h2>
<button type="button" id="previous">Previous</button><button type="button" id="next">Next</button><button type="button" id="close">Close</button></div>
<div class="frame"><img id="large-image" alt=""><canvas aria-hidden="true"></canvas></div><p id="large-facts" role="status"></p></dialog>
<script type="application/json" id="data">${scriptData(page)}</script>
<script>${GALLERY_SCRIPT}</script>
</body></html>
`;
}

function tile({ name, score, pValue, flagged, picture }: GalleryImage, k: number): string {
  const verdict = flagged ? "flagged" : "passed";
  const src = `data:${picture.type};base64,${toBase64(picture.bytes)}`;
  return `<li id="image-${k + 1}" class="${verdict}"><a href="#image-${k + 1}"><span class="frame"><img src="${src}" alt="" loading="lazy" decoding="async"><canvas aria-hidden="true"></canvas></span> <span class="name">${escapeText(name)}</span> <span class="facts">score ${figure(shortFloat32(score))}, p ${figure(shortFloat32(pValue), 2)}, <b class="verdict">${verdict}</b></span></a></li>`;
}

/** JSON that ends no script element. Names and pictures stand in the list. */
function scriptData({ images, threshold, ties, scale, calibration }: GalleryPage): string {
  const data = {
    threshold,
    tie: ties.share,
    leastTie: ties.share * ties.size,
    scale,
    calibration: Array.from(calibration, shortFloat32),
    colours: toBase64(COLOUR_MAP),
    images: images.map(({ name, score, height, width, map }) => ({
      name: printableLine(name),
      score,
      height,
      width,
      map: {
        height: map.height,
        width: map.width,
        offset: map.offset,
        step: map.step,
        packed: toBase64(map.packed),
      },
    })),
  };
  return JSON.stringify(data).replaceAll("<", "\\u003c");
}
