// Covers Edge: issuer with and without a zone, the gateway's certificate, external-dns, identities, outputs.
import { expect } from "chai";
import * as fake from "../../support/fake-cloud.ts";
import { type PlatformRecording, recordPlatform, specOf } from "../../support/fake-platform.ts";

const issuerType = "kubernetes:cert-manager.io/v1:ClusterIssuer";
const certificateType = "kubernetes:cert-manager.io/v1:Certificate";
const releaseType = "kubernetes:helm.sh/v3:Release";
const services = [fake.service("admin")];

describe("Edge", () => {
  describe("with a zone", () => {
    let platform: PlatformRecording;
    before(async () => {
      platform = await recordPlatform({ services });
    });

    it("has certificates from ACME by DNS-01 with the cloud's solver", () => {
      expect(specOf(platform.get(issuerType, "edge-issuer"))).to.deep.equal({
        acme: {
          server: "https://acme-v02.api.letsencrypt.org/directory",
          privateKeySecretRef: { name: "acme-account" },
          solvers: [{ dns01: { route53: { region: "us-east-1", hostedZoneID: "Z123" } } }],
        },
      });
    });

    it("puts the certificate where the gateway looks for it, once issuer and namespace are there", () => {
      const certificate = platform.get(certificateType, "edge-gateway-certificate");
      expect(certificate.inputs.metadata).to.include({ name: "gateway-tls", namespace: "istio-ingress" });
      expect(specOf(certificate)).to.deep.include({
        secretName: "gateway-tls",
        dnsNames: ["api.market.example.com"],
        issuerRef: { group: "cert-manager.io", kind: "ClusterIssuer", name: "platform" },
      });
      const waitsFor = certificate.dependencies.map((urn) => urn.split("::").at(-1));
      expect(waitsFor).to.include.members(["edge-cert-manager", "edge-issuer", "namespace-istio-ingress"]);
    });

    it("writes records of the platform's domain and zone only", () => {
      const { values } = platform.get(releaseType, "edge-external-dns").inputs as {
        values: Record<string, unknown>;
      };
      expect(values).to.deep.include({
        provider: { name: "aws" },
        sources: ["istio-gateway"],
        policy: "sync",
        txtOwnerId: "llm-marketplace-production-dns",
        domainFilters: ["market.example.com"],
        extraArgs: { "zone-id-filter": "Z123" },
      });
    });

    it("gives cert-manager and external-dns the zone, and nothing else", () => {
      const granted = platform.cloud.identities
        .filter(({ serviceAccount }) => ["cert-manager", "external-dns"].includes(serviceAccount))
        .map(({ namespace, serviceAccount, grants }) => [
          namespace,
          serviceAccount,
          grants.map(({ to }) => to),
        ]);
      expect(granted).to.deep.equal([
        ["cert-manager", "cert-manager", ["dns"]],
        ["external-dns", "external-dns", ["dns"]],
      ]);
    });
  });

  describe("without a zone", () => {
    let platform: PlatformRecording;
    before(async () => {
      platform = await recordPlatform({ services, cloud: { name: "local", zone: false } });
    });

    it("signs certificates with an authority of its own", () => {
      expect(specOf(platform.get(issuerType, "edge-self-signed"))).to.deep.equal({ selfSigned: {} });
      expect(specOf(platform.get(certificateType, "edge-authority"))).to.deep.include({
        isCA: true,
        secretName: "platform-authority",
        issuerRef: { group: "cert-manager.io", kind: "ClusterIssuer", name: "self-signed" },
      });
      expect(specOf(platform.get(issuerType, "edge-issuer"))).to.deep.equal({
        ca: { secretName: "platform-authority" },
      });
    });

    it("writes no records and needs no identity", () => {
      expect(platform.ofType(releaseType).map(({ name }) => name)).to.not.include("edge-external-dns");
      expect(platform.cloud.identities.map(({ serviceAccount }) => serviceAccount)).to.not.include(
        "cert-manager",
      );
    });
  });
});
