export { IsolationForest } from "hypersphere/web";
