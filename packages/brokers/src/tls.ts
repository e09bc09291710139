import { readFileSync } from "node:fs";
import { HypersphereError } from "hypersphere";

/** What `tls.connect` needs to know: the authority whose certificates are trusted, in place of those that Node knows. */
export interface TlsOptions {
  readonly ca?: string;
}

/** Of TLS: certificates that nobody vouches for, of another name, or out of their time. They do not pass by themselves. */
const DISTRUST =
  /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_\w+|CERT_\w+|ERR_TLS_CERT_ALTNAME_INVALID|HOSTNAME_MISMATCH)$/;

/**
 * @param isTls whether the address asks for TLS
 * @param file of --tls-ca
 * @returns undefined without TLS
 * @throws HypersphereError `invalid-option` for a file that is of no use; `io` for one that cannot be read
 */
export function tlsOptions(isTls: boolean, file: string | undefined): TlsOptions | undefined {
  if (file === undefined) return isTls ? {} : undefined;
  if (!isTls) {
    throw new HypersphereError(
      "invalid-option",
      "--tls-ca was given, but the address of --from is not one of TLS.",
      {
        hint: "Write rediss://, tls:// (NATS), mqtts:// or kafkas://.",
      },
    );
  }
  let ca: string;
  try {
    ca = readFileSync(file, "utf8");
  } catch (cause) {
    throw new HypersphereError(
      "io",
      `The file of --tls-ca, ${file}, cannot be read: ${(cause as Error).message}.`,
      {
        cause,
      },
    );
  }
  if (/-----BEGIN (TRUSTED )?CERTIFICATE-----/.test(ca)) return { ca };
  throw new HypersphereError("invalid-option", `The file of --tls-ca, ${file}, holds no certificate.`, {
    hint: "It has to be a PEM file, which begins with -----BEGIN CERTIFICATE-----.",
  });
}

/** The error for a server whose certificate is not to be trusted; undefined for whatever else keeps a connection from being made. */
export function distrusted(cause: unknown): HypersphereError | undefined {
  const { code, message, chainedError } = cause as NodeJS.ErrnoException & { chainedError?: unknown };
  if (chainedError instanceof Error) return distrusted(chainedError);
  if (typeof code !== "string" || !DISTRUST.test(code)) return undefined;
  return new HypersphereError("io", `The certificate of the broker is not to be trusted: ${message}.`, {
    hint: /^CERT_(HAS_EXPIRED|NOT_YET_VALID)$/.test(code)
      ? "Renew the broker's certificate, and look at this machine's clock."
      : "Name the certificate of its authority with --tls-ca, and the server as the certificate does.",
    cause: cause as Error,
  });
}

/** For those that a server does not let in. */
export const CREDENTIALS =
  "Look at the name and the password in the addresses, user:password@ before the host, and at what that user may do.";

/**
 * A name or a password of an address.
 * @param flag whose address it is: the address itself holds secrets, and is not told
 * @throws HypersphereError `invalid-option`
 */
export function credential(text: string, flag: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new HypersphereError(
      "invalid-option",
      `The name or the password in ${flag} is not encoded as in addresses.`,
      {
        hint: "Write % as %25, @ as %40, / as %2F and : as %3A.",
      },
    );
  }
}
