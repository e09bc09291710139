/** Files of tests that share a process each begin with the package's own runtime, whatever another has provided. */
import { configureRuntime } from "../src/index.js";

configureRuntime();
