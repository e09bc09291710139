import { HypersphereError } from "../../errors.js";

/** @throws HypersphereError `unfit-data` unless there is a class for every image */
export function checkClassCount(source: string, images: number, classSource: string, classes: number): void {
  if (images === classes) return;
  throw new HypersphereError(
    "unfit-data",
    `${source} has ${images} images, but ${classSource} has ${classes} labels.`,
    { hint: "They do not belong together: training and test files may have been mixed up." },
  );
}
