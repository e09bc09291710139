export type { DriftPoint } from "./drift-history.js";
export { type DriftAnswer, DriftWatch } from "./drift-watch.js";
export { type MovedColumns, movedColumns } from "./moved-columns.js";
