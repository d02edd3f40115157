// Covers Kubernetes' rules for NetworkPolicies in the evaluator: defaults, both directions, peers, ranges, ports.
import { expect } from "chai";
import type { Attempt } from "../../support/network/model.ts";
import { networkVerdict } from "../../support/network/network-policy.ts";
import { address, attempt, object, pod, world } from "./fixture.ts";

const web = pod("shop/web");
const api = pod("back/api");
const neighbour = pod("back/other");
const outside = address("203.0.113.9");

const policy = (spec: object, place = "back/policy") => object("NetworkPolicy", place, spec);
const ingress = (...rules: object[]) => policy({ podSelector: {}, ingress: rules });

function isAllowed(policies: readonly ReturnType<typeof policy>[], what: Attempt, ipBlocksMatchPods = false) {
  return networkVerdict(world(policies), what, { ipBlocksMatchPods }).allowed;
}

describe("The evaluator of NetworkPolicies", () => {
  it("allows everything where no policy binds the pods", () => {
    expect(isAllowed([], attempt(web, api))).to.equal(true);
    const elsewhere = policy({ podSelector: { matchLabels: { app: "other" } }, ingress: [] });
    expect(isAllowed([elsewhere], attempt(web, api))).to.equal(true);
  });

  it("denies a direction in which a policy binds the pod and no rule fits", () => {
    expect(isAllowed([ingress()], attempt(web, api))).to.equal(false);
    expect(
      isAllowed([policy({ podSelector: {}, policyTypes: ["Egress"] }, "shop/p")], attempt(web, api)),
    ).to.equal(false);
  });

  it("leaves a direction alone that the policy's types do not name", () => {
    expect(isAllowed([policy({ podSelector: {}, policyTypes: ["Egress"] })], attempt(web, api))).to.equal(
      true,
    );
  });

  it("takes absent types as ingress, and as egress too where there are rules of it", () => {
    const shop = (spec: object) => policy({ podSelector: {}, ...spec }, "shop/p");
    expect(isAllowed([shop({})], attempt(api, web)), "ingress").to.equal(false);
    expect(isAllowed([shop({})], attempt(web, api)), "no egress rules").to.equal(true);
    const onlyDns = shop({ egress: [{ ports: [{ port: 53, protocol: "UDP" }] }] });
    expect(isAllowed([onlyDns], attempt(web, api)), "egress rules").to.equal(false);
  });

  it("wants egress of the source and ingress of the destination", () => {
    const out = policy({ podSelector: {}, policyTypes: ["Egress"], egress: [{}] }, "shop/out");
    const shut = policy({ podSelector: {}, policyTypes: ["Egress"] }, "shop/shut");
    expect(isAllowed([out, ingress({})], attempt(web, api))).to.equal(true);
    expect(isAllowed([shut, ingress({})], attempt(web, api))).to.equal(false);
    expect(isAllowed([out, ingress()], attempt(web, api))).to.equal(false);
  });

  it("adds policies up: one that allows is enough", () => {
    expect(isAllowed([ingress(), ingress({})], attempt(web, api))).to.equal(true);
  });

  it("takes a peer without namespaces as pods of the policy's own", () => {
    const own = ingress({ from: [{ podSelector: {} }] });
    expect(isAllowed([own], attempt(neighbour, api))).to.equal(true);
    expect(isAllowed([own], attempt(web, api))).to.equal(false);
  });

  it("takes both selectors of one peer together, and those of two peers apart", () => {
    const sales = { namespaceSelector: { matchLabels: { team: "sales" } } };
    const named = { podSelector: { matchLabels: { app: "other" } } };
    expect(isAllowed([ingress({ from: [{ ...sales, ...named }] })], attempt(web, api))).to.equal(false);
    expect(isAllowed([ingress({ from: [sales, named] })], attempt(web, api))).to.equal(true);
    expect(isAllowed([ingress({ from: [sales, named] })], attempt(neighbour, api))).to.equal(true);
  });

  it("takes an empty namespace selector as every namespace, and never as an address", () => {
    const everyPod = ingress({ from: [{ namespaceSelector: {} }] });
    expect(isAllowed([everyPod], attempt(web, api))).to.equal(true);
    expect(isAllowed([everyPod], attempt(outside, api))).to.equal(false);
  });

  it("knows the four operators of label selectors", () => {
    const from = (matchExpressions: object[]) =>
      ingress({ from: [{ namespaceSelector: { matchExpressions } }] });
    const verdict = (...expressions: object[]) => isAllowed([from(expressions)], attempt(web, api));
    expect(verdict({ key: "team", operator: "In", values: ["sales"] })).to.equal(true);
    expect(verdict({ key: "team", operator: "NotIn", values: ["sales"] })).to.equal(false);
    expect(verdict({ key: "region", operator: "NotIn", values: ["eu"] })).to.equal(true);
    expect(verdict({ key: "team", operator: "Exists" })).to.equal(true);
    expect(verdict({ key: "team", operator: "DoesNotExist" })).to.equal(false);
  });

  it("leaves exceptions out of a range", () => {
    const block = ingress({ from: [{ ipBlock: { cidr: "203.0.113.0/24", except: ["203.0.113.8/29"] } }] });
    expect(isAllowed([block], attempt(outside, api))).to.equal(false);
    expect(isAllowed([block], attempt(address("203.0.113.1"), api))).to.equal(true);
    expect(isAllowed([block], attempt(address("198.51.100.1"), api))).to.equal(false);
  });

  it("matches pods by range only where that is asked for", () => {
    const block = ingress({ from: [{ ipBlock: { cidr: "0.0.0.0/0" } }] });
    expect(isAllowed([block], attempt(web, api), false)).to.equal(false);
    expect(isAllowed([block], attempt(web, api), true)).to.equal(true);
  });

  it("reads ports by number, by end, by the destination's name for them, and by protocol", () => {
    const on = (port: object, more: Partial<Attempt> = {}) =>
      isAllowed([ingress({ ports: [port] })], attempt(web, api, more));
    expect(on({ port: 8080 })).to.equal(true);
    expect(on({ port: 8081 })).to.equal(false);
    expect(on({ port: 8000, endPort: 8100 })).to.equal(true);
    expect(on({ port: 8000, endPort: 8079 })).to.equal(false);
    expect(on({ port: "http" })).to.equal(true);
    expect(on({ port: "http" }, { port: 9090 })).to.equal(false);
    expect(on({ port: "metrics" })).to.equal(false);
    expect(on({ port: 8080, protocol: "UDP" })).to.equal(false);
    expect(on({ port: 8080 }, { protocol: "UDP" })).to.equal(false);
    expect(on({ protocol: "TCP" }, { port: 1 })).to.equal(true);
  });

  it("lets a node reach its pods whatever policies say", () => {
    expect(isAllowed([ingress()], attempt(address("10.0.9.9", { isNode: true }), api))).to.equal(true);
  });

  it("names the policy that allowed, and those that did not", () => {
    expect(networkVerdict(world([ingress({})]), attempt(web, api), { ipBlocksMatchPods: false }).by).to.equal(
      "no Egress policy binds shop/web and NetworkPolicy back/policy",
    );
    expect(networkVerdict(world([ingress()]), attempt(web, api), { ipBlocksMatchPods: false }).by).to.equal(
      "Ingress of back/api: none of NetworkPolicy back/policy",
    );
  });
});
