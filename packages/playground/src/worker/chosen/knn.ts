export { Knn } from "hypersphere/web";
