export { Autoencoder } from "hypersphere/web";
