// What looks like a secret in the clear, and what only looks like one.
import { expect } from "chai";
import { entropy, kindOfSecret, suspicions } from "../../../../policies/encryption/src/plaintext.ts";

const kind = (name: string, text: string) => kindOfSecret(name, text, 3.5);
const literal = "a literal text under the name of a secret";
const hex = "9f8e7d6c5b4a39281706f5e4d3c2b1a0";

describe("a secret in the clear", () => {
  for (const [name, text, expected] of [
    ["DATABASE_PASSWORD", "hunter2", literal],
    ["adminPassword", "admin", literal],
    ["client-secret", "abc", literal],
    ["API_KEY", "abc", literal],
    ["slackToken", "abc", literal],
    ["signatureSecret", hex, "a random text under the name of a secret"],
    ["cache_key", hex, "a random text under the name of a secret"],
    ["anything", "AKIAIOSFODNN7EXAMPLE", "an AWS access key"],
    ["anything", `ghp_${"a1".repeat(18)}`, "a GitHub token"],
    ["anything", "xoxb-1234567890-abcdefghij", "a Slack token"],
    ["anything", "https://hooks.slack.com/services/T0000/B0000/abcdefgh", "a Slack webhook"],
    ["anything", `sk-${"a1b2".repeat(6)}`, "an API key"],
    ["anything", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.x", "a signed token"],
    ["anything", "redis://user:hunter2@redis:6379", "an address with a password"],
    ["anything", "-----BEGIN RSA PRIVATE KEY-----\nabc", "a private key"],
    ["client-key-data", Buffer.from("-----BEGIN EC PRIVATE KEY-----").toString("base64"), "a private key"],
    ["kubeconfig", 'users:\n  - name: me\n    user:\n      token: "abcdef"\n', literal],
  ] as const) {
    it(`is ${expected} in ${name}=${text.slice(0, 24)}`, () => {
      const found = suspicions({ [name]: text }, "", "", 3.5).map((one) => one.kind);
      expect(found).to.deep.equal([expected]);
    });
  }

  it("is seen behind each of the three offsets of base64", () => {
    for (const before of ["", "a", "ab"]) {
      expect(kind("x", Buffer.from(`${before}-----BEGIN PRIVATE KEY-----`).toString("base64"))).to.equal(
        "a private key",
      );
    }
  });
});

describe("what is no secret", () => {
  for (const [name, text] of [
    ["PASSWORD_FILE", "/secrets/password"],
    ["password", "/secrets/password"],
    ["password", "$(cat /secrets/password)"],
    ["password", `\${REDIS_PASSWORD}`],
    ["password", "{{ .Values.password }}"],
    ["password", ""],
    ["existingSecret", "grafana-admin"],
    ["secretName", hex],
    ["tokenUrl", "https://login.example.com/token"],
    ["caCertificate", `-----BEGIN CERTIFICATE-----\n${"QUJD".repeat(40)}\n-----END CERTIFICATE-----`],
    ["checksum", hex],
    ["url", "https://api.market.example.com:8443/path?x=1@2"],
    ["url", "postgres://market:$(PASSWORD)@db:5432/market"],
    ["partition.key", "tenant"],
    ["enableToken", "true"],
    ["LOG_LEVEL", "info"],
    ["text", "Change your password: it is known."],
  ] as const) {
    it(`is ${name}=${text.slice(0, 30)}`, () => {
      expect(suspicions({ [name]: text }, "", "", 3.5)).to.deep.equal([]);
    });
  }
});

describe("the entropy of a text", () => {
  it("is the bits that one of its characters tells", () => {
    expect(entropy("aaaa")).to.equal(0);
    expect(entropy("abab")).to.equal(1);
    expect(entropy("0123456789abcdef")).to.equal(4);
  });
});
