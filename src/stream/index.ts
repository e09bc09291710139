export { ModelStream, type StreamAnswer, type StreamOptions } from "./model-stream.js";
export { streamLine, streamRecord } from "./stream-record.js";
export { fieldOf, isRow, noRow, streamRow } from "./stream-row.js";
export { checkSeriesState, type SeriesState, type StreamState } from "./stream-state.js";
