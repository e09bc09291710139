// Written by scripts/option-types.js; npm run docs writes it anew. The compiler does the testing.
import { expectTypeOf, test } from "vitest";
import type { z } from "zod";
import type { AutoInput, AutoOptions } from "./auto/option-types.js";
import type { autoOptions } from "./auto/options.js";
import type { AutoencoderInput, AutoencoderOptions } from "./autoencoder/option-types.js";
import type { autoencoderOptions } from "./autoencoder/options.js";
import type { DeepSadInput, DeepSadOptions } from "./centre/deep-sad/option-types.js";
import type { deepSadOptions } from "./centre/deep-sad/options.js";
import type { DeepSvddInput, DeepSvddOptions } from "./centre/deep-svdd/option-types.js";
import type { deepSvddOptions } from "./centre/deep-svdd/options.js";
import type { HscInput, HscOptions } from "./centre/hsc/option-types.js";
import type { hscOptions } from "./centre/hsc/options.js";
import type { MultiScaleInput, MultiScaleOptions } from "./centre/multi-scale/option-types.js";
import type { multiScaleOptions } from "./centre/multi-scale/options.js";
import type { ContrastInput, ContrastOptions } from "./contrast/option-types.js";
import type { contrastOptions } from "./contrast/options.js";
import type { DroccInput, DroccOptions } from "./drocc/option-types.js";
import type { droccOptions } from "./drocc/options.js";
import type { FcddInput, FcddOptions } from "./fcdd/option-types.js";
import type { fcddOptions } from "./fcdd/options.js";
import type { Unchanging } from "./fit/common-options.js";
import type { IsolationForestInput, IsolationForestOptions } from "./forest/option-types.js";
import type { isolationForestOptions } from "./forest/options.js";
import type { KernelSvddInput, KernelSvddOptions } from "./kernel/kernel-svdd/option-types.js";
import type { kernelSvddOptions } from "./kernel/kernel-svdd/options.js";
import type { OneClassSvmInput, OneClassSvmOptions } from "./kernel/one-class-svm/option-types.js";
import type { oneClassSvmOptions } from "./kernel/one-class-svm/options.js";
import type { KmeansInput, KmeansOptions } from "./kmeans/option-types.js";
import type { kmeansOptions } from "./kmeans/options.js";
import type { KnnInput, KnnOptions } from "./neighbours/option-types.js";
import type { knnOptions } from "./neighbours/options.js";
import type { PatchGaussianInput, PatchGaussianOptions } from "./patch-gaussian/option-types.js";
import type { patchGaussianOptions } from "./patch-gaussian/options.js";
import type { PatchMemoryInput, PatchMemoryOptions } from "./patch-memory/option-types.js";
import type { patchMemoryOptions } from "./patch-memory/options.js";
import type { PatchSvddInput, PatchSvddOptions } from "./patch-svdd/option-types.js";
import type { patchSvddOptions } from "./patch-svdd/options.js";
import type { PcaInput, PcaOptions } from "./pca/option-types.js";
import type { pcaOptions } from "./pca/options.js";
import type { TransformsInput, TransformsOptions } from "./transforms/option-types.js";
import type { transformsOptions } from "./transforms/options.js";

test("auto", () => {
  expectTypeOf<AutoOptions>().toEqualTypeOf<Unchanging<z.output<typeof autoOptions>>>();
  expectTypeOf<AutoInput>().toEqualTypeOf<Unchanging<z.input<typeof autoOptions>>>();
});

test("autoencoder", () => {
  expectTypeOf<AutoencoderOptions>().toEqualTypeOf<Unchanging<z.output<typeof autoencoderOptions>>>();
  expectTypeOf<AutoencoderInput>().toEqualTypeOf<Unchanging<z.input<typeof autoencoderOptions>>>();
});

test("deep-sad", () => {
  expectTypeOf<DeepSadOptions>().toEqualTypeOf<Unchanging<z.output<typeof deepSadOptions>>>();
  expectTypeOf<DeepSadInput>().toEqualTypeOf<Unchanging<z.input<typeof deepSadOptions>>>();
});

test("deep-svdd", () => {
  expectTypeOf<DeepSvddOptions>().toEqualTypeOf<Unchanging<z.output<typeof deepSvddOptions>>>();
  expectTypeOf<DeepSvddInput>().toEqualTypeOf<Unchanging<z.input<typeof deepSvddOptions>>>();
});

test("hsc", () => {
  expectTypeOf<HscOptions>().toEqualTypeOf<Unchanging<z.output<typeof hscOptions>>>();
  expectTypeOf<HscInput>().toEqualTypeOf<Unchanging<z.input<typeof hscOptions>>>();
});

test("multi-scale", () => {
  expectTypeOf<MultiScaleOptions>().toEqualTypeOf<Unchanging<z.output<typeof multiScaleOptions>>>();
  expectTypeOf<MultiScaleInput>().toEqualTypeOf<Unchanging<z.input<typeof multiScaleOptions>>>();
});

test("contrast", () => {
  expectTypeOf<ContrastOptions>().toEqualTypeOf<Unchanging<z.output<typeof contrastOptions>>>();
  expectTypeOf<ContrastInput>().toEqualTypeOf<Unchanging<z.input<typeof contrastOptions>>>();
});

test("drocc", () => {
  expectTypeOf<DroccOptions>().toEqualTypeOf<Unchanging<z.output<typeof droccOptions>>>();
  expectTypeOf<DroccInput>().toEqualTypeOf<Unchanging<z.input<typeof droccOptions>>>();
});

test("fcdd", () => {
  expectTypeOf<FcddOptions>().toEqualTypeOf<Unchanging<z.output<typeof fcddOptions>>>();
  expectTypeOf<FcddInput>().toEqualTypeOf<Unchanging<z.input<typeof fcddOptions>>>();
});

test("isolation-forest", () => {
  expectTypeOf<IsolationForestOptions>().toEqualTypeOf<Unchanging<z.output<typeof isolationForestOptions>>>();
  expectTypeOf<IsolationForestInput>().toEqualTypeOf<Unchanging<z.input<typeof isolationForestOptions>>>();
});

test("kernel-svdd", () => {
  expectTypeOf<KernelSvddOptions>().toEqualTypeOf<Unchanging<z.output<typeof kernelSvddOptions>>>();
  expectTypeOf<KernelSvddInput>().toEqualTypeOf<Unchanging<z.input<typeof kernelSvddOptions>>>();
});

test("one-class-svm", () => {
  expectTypeOf<OneClassSvmOptions>().toEqualTypeOf<Unchanging<z.output<typeof oneClassSvmOptions>>>();
  expectTypeOf<OneClassSvmInput>().toEqualTypeOf<Unchanging<z.input<typeof oneClassSvmOptions>>>();
});

test("kmeans", () => {
  expectTypeOf<KmeansOptions>().toEqualTypeOf<Unchanging<z.output<typeof kmeansOptions>>>();
  expectTypeOf<KmeansInput>().toEqualTypeOf<Unchanging<z.input<typeof kmeansOptions>>>();
});

test("knn", () => {
  expectTypeOf<KnnOptions>().toEqualTypeOf<Unchanging<z.output<typeof knnOptions>>>();
  expectTypeOf<KnnInput>().toEqualTypeOf<Unchanging<z.input<typeof knnOptions>>>();
});

test("patch-gaussian", () => {
  expectTypeOf<PatchGaussianOptions>().toEqualTypeOf<Unchanging<z.output<typeof patchGaussianOptions>>>();
  expectTypeOf<PatchGaussianInput>().toEqualTypeOf<Unchanging<z.input<typeof patchGaussianOptions>>>();
});

test("patch-memory", () => {
  expectTypeOf<PatchMemoryOptions>().toEqualTypeOf<Unchanging<z.output<typeof patchMemoryOptions>>>();
  expectTypeOf<PatchMemoryInput>().toEqualTypeOf<Unchanging<z.input<typeof patchMemoryOptions>>>();
});

test("patch-svdd", () => {
  expectTypeOf<PatchSvddOptions>().toEqualTypeOf<Unchanging<z.output<typeof patchSvddOptions>>>();
  expectTypeOf<PatchSvddInput>().toEqualTypeOf<Unchanging<z.input<typeof patchSvddOptions>>>();
});

test("pca", () => {
  expectTypeOf<PcaOptions>().toEqualTypeOf<Unchanging<z.output<typeof pcaOptions>>>();
  expectTypeOf<PcaInput>().toEqualTypeOf<Unchanging<z.input<typeof pcaOptions>>>();
});

test("transforms", () => {
  expectTypeOf<TransformsOptions>().toEqualTypeOf<Unchanging<z.output<typeof transformsOptions>>>();
  expectTypeOf<TransformsInput>().toEqualTypeOf<Unchanging<z.input<typeof transformsOptions>>>();
});
