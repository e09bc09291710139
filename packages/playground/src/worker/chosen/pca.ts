export { Pca } from "hypersphere/web";
