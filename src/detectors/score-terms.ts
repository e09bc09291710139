import type { ScoreTerms } from "../model/contract.js";
import { autoencoderTerms } from "./autoencoder/terms.js";
import { knnTerms } from "./neighbours/terms.js";
import { pcaTerms } from "./pca/terms.js";

/** The detectors whose score is a sum over features, by their names in the registry. */
export const scoreTerms: Readonly<Record<string, ScoreTerms>> = {
  knn: knnTerms,
  pca: pcaTerms,
  autoencoder: autoencoderTerms,
};
