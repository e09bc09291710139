/**
 * How the k-th detector is drawn, the same in every chart: a colour that colour-blind readers can tell apart (Okabe
 * and Ito), a dash pattern and a letter, so that prints without colour can be read too.
 */
export interface SeriesStyle {
  readonly colour: string;
  readonly dash: string;
  readonly letter: string;
}

const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#000000", "#e69f00", "#56b4e9", "#7f7f7f"];
const DASHES = ["none", "7 3", "2 2", "9 3 2 3", "4 2", "12 4", "1 3", "6 2 1 2 1 2"];

export function seriesStyle(k: number): SeriesStyle {
  return {
    colour: COLOURS[k % COLOURS.length]!,
    dash: DASHES[(k + Math.floor(k / COLOURS.length)) % DASHES.length]!,
    letter: String.fromCharCode(65 + (k % 26)),
  };
}
