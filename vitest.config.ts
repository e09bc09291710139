import { configDefaults, defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Tests that start processes or train every detector take longest; begun last, one would keep a single worker busy. */
const FIRST = ["/test/package/", "/test/e2e/", "/test/contract/", "/src/detectors/"];

/** Commands in processes of their own, whose parts have tests beside them: run by `npm run test:long`. */
const LONG_ONLY = ["threshold", "fdr", "calibrate", "compare-kinds"].map(
  (name) => `test/e2e/${name}.test.ts`,
);

class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): number => {
      const found = FIRST.findIndex((folder) => moduleId.includes(folder));
      return found < 0 ? FIRST.length : found;
    };
    return (await super.sort(files)).toSorted((a, b) => place(a) - place(b));
  }
}

export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    exclude: [...configDefaults.exclude, ...(process.env["HYPERSPHERE_LONG"] ? [] : LONG_ONLY)],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // The native runtime does not like being unloaded with a worker thread: one process per worker.
    pool: "forks",
    maxWorkers: 2,
    sequence: { sequencer: LongFirst },
    // Measured by `npm run coverage`.
    coverage: { provider: "v8", include: ["src/**/*.ts"], exclude: ["src/**/*.test.ts"] },
  },
});
