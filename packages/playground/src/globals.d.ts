/** Set by the build: the runtime that is loaded, and how large its WebAssembly file is, in bytes. */
declare const RUNTIME: { readonly version: string; readonly bytes: number; readonly gzipped: number };
