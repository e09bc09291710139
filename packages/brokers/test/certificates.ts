import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const hasOpenssl = spawnSync("openssl", ["version"]).error === undefined;

/** A folder with an authority (ca.pem), a certificate of its own for this machine (server.pem, server.key), one that is over (expired.pem), and a stranger (other.pem). */
export class Certificates {
  readonly root = mkdtempSync(join(tmpdir(), "hypersphere-tls-"));
  file = (name: string): string => join(this.root, name);

  make(): void {
    const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
    for (const name of ["ca", "other"]) {
      const to = ["-keyout", `${name}.key`, "-out", `${name}.pem`];
      this.#openssl("req", "-x509", ...key, ...to, "-days", "2", "-subj", `/CN=${name}`);
    }
    this.#openssl("req", ...key, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=localhost");
    writeFileSync(this.file("names"), "subjectAltName=DNS:localhost,IP:127.0.0.1\n");
    const by = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "names"];
    for (const [name, days] of [
      ["server", "2"],
      ["expired", "-1"],
    ] as const)
      this.#openssl("x509", "-req", "-in", "server.csr", "-out", `${name}.pem`, "-days", days, ...by);
  }

  /** As servers take them. @param name of the certificate */
  pair = (name: string): { cert: Buffer; key: Buffer } => ({
    cert: readFileSync(this.file(`${name}.pem`)),
    key: readFileSync(this.file("server.key")),
  });

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }

  #openssl(...args: string[]): void {
    const { status, stderr } = spawnSync("openssl", args, { cwd: this.root, encoding: "utf8" });
    if (status !== 0) throw new Error(stderr);
  }
}
