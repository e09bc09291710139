/** The detectors that the page offers. Those beside auto are fetched when they are chosen. */
import { Auto, type FitOptions, type Model, type Samples } from "hypersphere/web";

interface Fitting {
  fit(data: Samples, options: FitOptions): Promise<Model>;
}

const choices: Readonly<Record<string, () => Promise<Fitting>>> = {
  auto: async () => new Auto(),
  knn: async () => new (await import("./chosen/knn.js")).Knn(),
  "isolation-forest": async () => new (await import("./chosen/isolation-forest.js")).IsolationForest(),
  pca: async () => new (await import("./chosen/pca.js")).Pca(),
  "deep-svdd": async () => new (await import("./chosen/deep-svdd.js")).DeepSvdd(),
  autoencoder: async () => new (await import("./chosen/autoencoder.js")).Autoencoder(),
};

export const detectorNamed = (name: string): Promise<Fitting> => choices[name]!();
