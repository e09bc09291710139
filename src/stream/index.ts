export { ModelStream, type StreamAnswer, type StreamOptions } from "./model-stream.js";
export type { StreamState } from "./stream-state.js";
