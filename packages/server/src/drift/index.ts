export { type DriftAnswer, DriftWatch } from "./drift-watch.js";
