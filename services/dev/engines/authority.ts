import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface Certificate {
  /** PEM; the key is PKCS #8 without a passphrase. */
  readonly certFile: string;
  readonly keyFile: string;
}

/** A certificate authority that lives as long as its folder, for engines on loopback. Needs `openssl`. */
export class Authority {
  readonly caFile: string;
  readonly #folder: string;
  #serial = 0;

  constructor(folder: string, name = "engines for tests") {
    mkdirSync(folder, { recursive: true });
    this.#folder = folder;
    this.caFile = this.#file("ca.crt");
    this.#openssl(
      "req",
      "-x509",
      ...newKey,
      ...["-keyout", this.#file("ca.key"), "-out", this.caFile],
      ...["-days", "1", "-subj", `/CN=${name}`, "-addext", "keyUsage=critical,keyCertSign,cRLSign"],
    );
  }

  /**
   * A certificate of `name`, for a server with the DNS names `hosts` or for a client. It has what Strimzi gives its
   * brokers and no more, so no authority key identifier. `file` is its files' name, those of before are written over.
   */
  issue(name: string, hosts: readonly string[] = [], file = name): Certificate {
    this.#serial += 1;
    const [certFile, keyFile] = [this.#file(`${file}.crt`), this.#file(`${file}.key`)];
    const [request, extensions] = [this.#file(`${file}.csr`), this.#file(`${file}.extensions`)];
    const names = hosts.map((host) => `DNS:${host}`).join(",");
    writeFileSync(
      extensions,
      [
        "basicConstraints=critical,CA:false",
        "keyUsage=critical,digitalSignature,keyEncipherment",
        "extendedKeyUsage=clientAuth,serverAuth",
        "subjectKeyIdentifier=hash",
        "authorityKeyIdentifier=none",
        ...(names === "" ? [] : [`subjectAltName=${names}`]),
        "",
      ].join("\n"),
    );
    this.#openssl("req", ...newKey, "-keyout", keyFile, "-out", request, "-subj", `/CN=${name}`);
    this.#openssl(
      ...["x509", "-req", "-in", request, "-out", certFile, "-days", "1", "-extfile", extensions],
      ...["-CA", this.caFile, "-CAkey", this.#file("ca.key"), "-set_serial", `${this.#serial}`],
    );
    return { certFile, keyFile };
  }

  #file(name: string): string {
    return join(this.#folder, name);
  }

  #openssl(...args: string[]): void {
    execFileSync("openssl", args, { stdio: ["ignore", "ignore", "pipe"] });
  }
}

const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
