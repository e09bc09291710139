import { configDefaults, defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Tests that start processes or train every detector take longest; begun last, one would keep a single worker busy. */
const FIRST = ["/test/package/", "/test/e2e/", "/test/contract/", "/src/detectors/"];

/**
 * Tests of src/ and golden numbers share what they import, which would otherwise be loaded anew for each of some two hundred
 * files. These need it for themselves: no backend provided, detectors registered by nobody else, a clock of their own.
 */
const APART = ["runtime/backend", "detectors/fit/supervision", "evaluate/compare/compare"].map(
  (name) => `src/${name}.test.ts`,
);
const GOLDEN = "test/golden/**/*.test.ts";
const SHARED_SETUP = ["test/own-runtime.ts", "test/property-draws.ts"];

/** With a disk of its own, which others must not have: see `vi.mock` there. */
const FULL_DISK = "packages/server/test/full-disk.test.ts";
/** Those first that take long; tests of src/ are short, so that all workers end at about the same time. */
const ORDER = ["service, full disk", "service", "whole", "golden", "parts"];
/** The library as it was built: its scoring processes start from files beside it. */
const OF_DIST = { deps: { external: [/\/dist\//] } };

/** Project by project, as a worker that shares what is imported goes on to the next file only within one. */
class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): number => {
      const found = FIRST.findIndex((folder) => moduleId.includes(folder));
      return found < 0 ? FIRST.length : found;
    };
    const project = ({ project: { name } }: TestSpecification): number => ORDER.indexOf(name);
    return (await super.sort(files)).toSorted((a, b) => project(a) - project(b) || place(a) - place(b));
  }
}

export default defineConfig({
  test: {
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // The native runtime does not like being unloaded with a worker thread: one process per worker.
    pool: "forks",
    maxWorkers: 2,
    sequence: { sequencer: LongFirst },
    projects: [
      {
        extends: true,
        test: {
          name: "parts",
          include: ["src/**/*.test.ts"],
          exclude: [...configDefaults.exclude, ...APART],
          isolate: false,
          setupFiles: SHARED_SETUP,
        },
      },
      {
        extends: true,
        test: { name: "golden", include: [GOLDEN], isolate: false, setupFiles: SHARED_SETUP },
      },
      {
        extends: true,
        test: {
          name: "whole",
          include: ["test/**/*.test.ts", ...APART],
          exclude: [...configDefaults.exclude, GOLDEN],
        },
      },
      {
        extends: true,
        test: {
          name: "service",
          include: ["packages/*/test/**/*.test.ts"],
          exclude: [...configDefaults.exclude, FULL_DISK],
          isolate: false,
          server: OF_DIST,
        },
      },
      { extends: true, test: { name: "service, full disk", include: [FULL_DISK], server: OF_DIST } },
    ],
    // Measured by `npm run coverage`.
    coverage: { provider: "v8", include: ["src/**/*.ts"], exclude: ["src/**/*.test.ts"] },
  },
});
