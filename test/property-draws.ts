/** Properties are tried with the same draws each time, so that a change is judged by itself; `npm run test:long` draws anew. */
import fc from "fast-check";

if (process.env.HYPERSPHERE_LONG === undefined) fc.configureGlobal({ seed: 1 });
