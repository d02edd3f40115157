// Covers Istio's rules in the evaluator: mTLS modes and which object decides, the order of DENY and ALLOW, the root
// namespace, principals and paths, and what a sidecar lets out.
import { expect } from "chai";
import { meshVerdict } from "../../support/network/mesh.ts";
import type { Attempt, KubernetesObject, World } from "../../support/network/model.ts";
import { address, attempt, object, pod, world } from "./fixture.ts";

const plain = pod("shop/plain");
const web = pod("shop/web", { proxy: "sidecar" });
const api = pod("back/api", { proxy: "sidecar" });

function isAllowed(objects: readonly KubernetesObject[], what: Attempt, more: Partial<World> = {}): boolean {
  return meshVerdict(world(objects, more), what).allowed;
}

describe("The evaluator of the mesh", () => {
  describe("asks for mTLS", () => {
    const mtls = (place: string, mode: string, more: object = {}) =>
      object("PeerAuthentication", place, { mtls: { mode }, ...more });
    const ofApi = { selector: { matchLabels: { app: "api" } } };

    it("nowhere by default", () => {
      expect(isAllowed([], attempt(plain, api))).to.equal(true);
    });

    it("of callers without a certificate where it is strict, and of no other", () => {
      const strict = [mtls("root/default", "STRICT")];
      expect(isAllowed(strict, attempt(plain, api))).to.equal(false);
      expect(isAllowed(strict, attempt(address("203.0.113.9"), api))).to.equal(false);
      expect(isAllowed(strict, attempt(web, api))).to.equal(true);
      expect(isAllowed(strict, attempt(web, plain))).to.equal(true);
    });

    it("as the narrowest object says, and the wider one where that leaves it open", () => {
      const mesh = mtls("root/default", "STRICT");
      const namespace = mtls("back/default", "PERMISSIVE");
      const workload = mtls("back/api", "STRICT", ofApi);
      const unset = mtls("back/api", "UNSET", ofApi);
      expect(isAllowed([mesh, namespace], attempt(plain, api))).to.equal(true);
      expect(isAllowed([mesh, namespace, workload], attempt(plain, api))).to.equal(false);
      expect(isAllowed([mesh, namespace, unset], attempt(plain, api))).to.equal(true);
      expect(isAllowed([mesh, unset], attempt(plain, api))).to.equal(false);
    });

    it("by port where the workload's object says so", () => {
      const byPort = mtls("back/api", "STRICT", {
        ...ofApi,
        portLevelMtls: { 8080: { mode: "PERMISSIVE" } },
      });
      expect(isAllowed([byPort], attempt(plain, api))).to.equal(true);
      expect(isAllowed([byPort], attempt(plain, api, { port: 9090 }))).to.equal(false);
    });

    it("never at the ports of the agent, which are not redirected", () => {
      expect(isAllowed([mtls("root/default", "STRICT")], attempt(plain, api, { port: 15020 }))).to.equal(
        true,
      );
    });
  });

  describe("lets in", () => {
    const policy = (place: string, spec: object) => object("AuthorizationPolicy", place, spec);
    const fromWeb = { from: [{ source: { principals: ["cluster.local/ns/shop/sa/web"] } }] };

    it("everybody where no ALLOW policy is over the pod", () => {
      expect(isAllowed([policy("shop/other", {})], attempt(web, api))).to.equal(true);
    });

    it("nobody by a policy without rules, everybody by an empty rule", () => {
      expect(isAllowed([policy("back/none", {})], attempt(web, api))).to.equal(false);
      expect(isAllowed([policy("back/all", { rules: [{}] })], attempt(web, api))).to.equal(true);
    });

    it("whom any ALLOW policy names, its namespace's or the root namespace's", () => {
      const deny = policy("root/default-deny", {});
      expect(isAllowed([deny], attempt(web, api))).to.equal(false);
      expect(isAllowed([deny, policy("back/web", { rules: [fromWeb] })], attempt(web, api))).to.equal(true);
    });

    it("nobody whom a DENY policy names, whatever allows him", () => {
      const allow = policy("back/all", { rules: [{}] });
      const deny = policy("back/no", { action: "DENY", rules: [fromWeb] });
      expect(isAllowed([allow, deny], attempt(web, api))).to.equal(false);
      expect(isAllowed([allow, deny], attempt(plain, api))).to.equal(true);
    });

    it("only pods that the selector takes", () => {
      const other = policy("back/other", { selector: { matchLabels: { app: "other" } } });
      expect(isAllowed([other], attempt(web, api))).to.equal(true);
    });

    it("by principal those who have proven it", () => {
      const rule = [policy("back/web", { rules: [fromWeb] })];
      expect(isAllowed(rule, attempt(web, api))).to.equal(true);
      expect(isAllowed(rule, attempt(plain, api))).to.equal(false);
      const any = [policy("back/any", { rules: [{ from: [{ source: { principals: ["*"] } }] }] })];
      expect(isAllowed(any, attempt(plain, api))).to.equal(false);
    });

    it("by exact paths, beginnings and ends, and by none of what is excluded", () => {
      const path = (operation: object, text: string) =>
        isAllowed(
          [policy("back/p", { rules: [{ to: [{ operation }] }] })],
          attempt(web, api, { path: text }),
        );
      expect(path({ paths: ["/v1/a"] }, "/v1/a")).to.equal(true);
      expect(path({ paths: ["/v1/a"] }, "/v1/ab")).to.equal(false);
      expect(path({ paths: ["/v1/a/*"] }, "/v1/a/b")).to.equal(true);
      expect(path({ paths: ["*/health"] }, "/v1/health")).to.equal(true);
      expect(path({ notPaths: ["/internal/*"] }, "/internal/x")).to.equal(false);
      expect(path({ ports: ["8080"], paths: ["/other"] }, "/v1/a")).to.equal(false);
    });

    it("and says so where it does not know a field, instead of guessing", () => {
      const unknown = policy("back/p", { rules: [{ from: [{ source: { requestPrincipals: ["*"] } }] }] });
      expect(() => isAllowed([unknown], attempt(web, api))).to.throw("does not know requestPrincipals");
    });
  });

  describe("lets out", () => {
    const registryOnly = { outboundMode: "REGISTRY_ONLY" as const };
    const service = object("Service", "back/api-service", { selector: { app: "api" } });
    const sidecar = (hosts: string[], more: object = {}) =>
      object("Sidecar", "shop/web", {
        workloadSelector: { labels: { app: "web" } },
        egress: [{ hosts }],
        ...more,
      });
    const issuer = address("198.51.100.1", { host: "issuer.example" });

    it("everything where unknown hosts are allowed", () => {
      expect(isAllowed([], attempt(web, issuer))).to.equal(true);
    });

    it("only to known hosts otherwise", () => {
      expect(isAllowed([], attempt(web, api), registryOnly)).to.equal(false);
      expect(isAllowed([service], attempt(web, api), registryOnly)).to.equal(true);
      expect(isAllowed([], attempt(plain, api), registryOnly), "no sidecar").to.equal(true);
    });

    it("only to hosts that its own Sidecar shows, and by its mode", () => {
      const host = "api-service.back.svc.cluster.local";
      const verdict = (...objects: KubernetesObject[]) =>
        isAllowed([service, ...objects], attempt(web, api), registryOnly);
      expect(verdict(sidecar([`back/${host}`]))).to.equal(true);
      expect(verdict(sidecar(["back/*"]))).to.equal(true);
      expect(verdict(sidecar([`./${host}`]))).to.equal(false);
      expect(verdict(sidecar(["./*"], { outboundTrafficPolicy: { mode: "ALLOW_ANY" } }))).to.equal(true);
    });

    it("to a ServiceEntry's host where that is exported to it", () => {
      const entry = (exportTo: string[], place = "shop/issuer") =>
        object("ServiceEntry", place, { hosts: ["issuer.example"], exportTo });
      const verdict = (object: KubernetesObject) => isAllowed([object], attempt(web, issuer), registryOnly);
      expect(verdict(entry(["."]))).to.equal(true);
      expect(verdict(entry(["."], "back/issuer"))).to.equal(false);
      expect(verdict(entry(["*"], "back/issuer"))).to.equal(true);
    });

    it("without asking what its annotations exclude, and UDP", () => {
      const excluding = (name: string, value: string) => ({
        ...web,
        annotations: { [`traffic.sidecar.istio.io/${name}`]: value },
      });
      const verdict = (from: typeof web, more: Partial<Attempt> = {}) =>
        isAllowed([], attempt(from, issuer, more), registryOnly);
      expect(verdict(excluding("excludeOutboundPorts", "53,8080"))).to.equal(true);
      expect(verdict(excluding("excludeOutboundPorts", "53"))).to.equal(false);
      expect(verdict(excluding("excludeOutboundIPRanges", "198.51.100.0/24"))).to.equal(true);
      expect(verdict(web, { protocol: "UDP" })).to.equal(true);
    });
  });
});
