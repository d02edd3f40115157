// Covers MarketplaceService: scaling to the letter of the status summary, rollout, identity, network and mesh access,
// environment, secrets, objectives and names, for the four services of the catalogue.
import { expect } from "chai";
import fc from "fast-check";
import { UserError } from "../../../components/core/errors.ts";
import { objectiveGroups } from "../../../components/kubernetes/objective-rules.ts";
import { callPolicy, latencyBuckets } from "../../../components/kubernetes/service-objectives.ts";
import { servicesQuota } from "../../../components/kubernetes/services-namespace.ts";
import { evictable } from "../../../components/kubernetes/workload.ts";
import * as fake from "../../support/fake-cloud.ts";
import {
  objectName,
  type PlatformOptions,
  type PlatformRecording,
  recordPlatform,
  specOf,
} from "../../support/fake-platform.ts";

const rolloutType = "kubernetes:argoproj.io/v1alpha1:Rollout";
const autoscalerType = "kubernetes:autoscaling/v2:HorizontalPodAutoscaler";
const policyType = "kubernetes:networking.k8s.io/v1:NetworkPolicy";
const authorizationType = "kubernetes:security.istio.io/v1:AuthorizationPolicy";
const names = ["publishing", "discovery", "consumption", "admin"];

describe("MarketplaceService", () => {
  let platform: PlatformRecording;
  before(async () => {
    platform = await recordPlatform();
  });

  const rollout = (name: string) => platform.get(rolloutType, `${name}-rollout`);
  const pod = (name: string) => specOf(rollout(name)).template.spec;
  const environmentOf = (name: string, recording = platform): Record<string, unknown> => {
    const [container] = specOf(recording.get(rolloutType, `${name}-rollout`)).template.spec.containers;
    return Object.fromEntries(
      container.env.map((variable: { name: string; value?: unknown; valueFrom?: unknown }) => [
        variable.name,
        variable.value ?? variable.valueFrom,
      ]),
    );
  };

  describe("scaling", () => {
    const table: Record<string, [number, number, number, number]> = {
      publishing: [3, 50, 70, 80],
      discovery: [5, 100, 60, 75],
      consumption: [10, 200, 50, 70],
      admin: [2, 10, 70, 80],
    };

    for (const [name, [minimum, maximum, cpu, memory]] of Object.entries(table)) {
      it(`of ${name} is the status summary's row: ${minimum} to ${maximum}, ${cpu} % CPU, ${memory} % memory`, () => {
        const spec = specOf(platform.get(autoscalerType, `${name}-autoscaler`));
        const { behavior: _, ...rest } = spec;
        const target = (resource: string, averageUtilization: number) => ({
          type: "ContainerResource",
          containerResource: {
            name: resource,
            container: name,
            target: { type: "Utilization", averageUtilization },
          },
        });
        expect(rest).to.deep.equal({
          scaleTargetRef: { apiVersion: "argoproj.io/v1alpha1", kind: "Rollout", name },
          minReplicas: minimum,
          maxReplicas: maximum,
          metrics: [target("cpu", cpu), target("memory", memory)],
        });
        expect(pod(name).containers.map((container: { name: string }) => container.name)).to.deep.equal([
          name,
        ]);
      });
    }

    it("doubles consumption every 15 seconds by one policy alone", () => {
      expect(specOf(platform.get(autoscalerType, "consumption-autoscaler")).behavior.scaleUp).to.deep.equal({
        stabilizationWindowSeconds: 0,
        selectPolicy: "Max",
        policies: [{ type: "Percent", value: 100, periodSeconds: 15 }],
      });
    });

    it("writes out how the other services grow, instead of leaving it to the default", () => {
      for (const name of ["publishing", "discovery", "admin"]) {
        expect(specOf(platform.get(autoscalerType, `${name}-autoscaler`)).behavior.scaleUp).to.deep.equal({
          stabilizationWindowSeconds: 0,
          selectPolicy: "Max",
          policies: [
            { type: "Percent", value: 100, periodSeconds: 15 },
            { type: "Pods", value: 4, periodSeconds: 15 },
          ],
        });
      }
    });

    it("takes 10 % per five minutes off every service, with a window of five minutes", () => {
      for (const name of names) {
        expect(specOf(platform.get(autoscalerType, `${name}-autoscaler`)).behavior.scaleDown).to.deep.equal({
          stabilizationWindowSeconds: 300,
          selectPolicy: "Max",
          policies: [{ type: "Percent", value: 10, periodSeconds: 300 }],
        });
      }
    });

    it("leaves the number of replicas to the autoscaler", () => {
      for (const resource of platform.ofType(rolloutType)) {
        expect(Object.keys(specOf(resource)), objectName(resource)).to.not.include("replicas");
      }
    });
  });

  describe("pods", () => {
    it("hold the restricted level", () => {
      for (const name of names) {
        expect(pod(name).securityContext, name).to.include({ runAsNonRoot: true, runAsUser: 10001 });
        expect(pod(name).securityContext.seccompProfile).to.deep.equal({ type: "RuntimeDefault" });
        expect(pod(name).containers[0].securityContext).to.deep.equal({
          allowPrivilegeEscalation: false,
          privileged: false,
          readOnlyRootFilesystem: true,
          runAsNonRoot: true,
          capabilities: { drop: ["ALL"] },
          seccompProfile: { type: "RuntimeDefault" },
        });
        expect(pod(name).automountServiceAccountToken).to.equal(false);
        expect(pod(name).priorityClassName).to.equal("services");
      }
    });

    it("run the tagged image of their own repository with the catalogue's requests and limits", () => {
      expect(pod("discovery").containers[0]).to.deep.include({
        image: "registry.example/discovery:1.2.3",
        resources: { requests: { cpu: "300m", memory: "256Mi" }, limits: { memory: "512Mi" } },
        ports: [{ name: "http", containerPort: 3002, protocol: "TCP" }],
        lifecycle: { preStop: { sleep: { seconds: 10 } } },
      });
    });

    it("are asked for life at /healthz, for readiness at /readyz, and given a minute to start", () => {
      const [container] = pod("admin").containers;
      expect(container.startupProbe.httpGet).to.deep.equal({ path: "/healthz", port: "http" });
      expect(container.startupProbe.periodSeconds * container.startupProbe.failureThreshold).to.equal(60);
      expect(container.livenessProbe.httpGet).to.deep.equal({ path: "/healthz", port: "http" });
      expect(container.readinessProbe.httpGet).to.deep.equal({ path: "/readyz", port: "http" });
    });

    it("spread over zones strictly and over hosts where they can, each version by itself", () => {
      const common = {
        maxSkew: 1,
        labelSelector: { matchLabels: { "app.kubernetes.io/name": "admin" } },
        nodeTaintsPolicy: "Honor",
        matchLabelKeys: ["rollouts-pod-template-hash"],
      };
      expect(pod("admin").topologySpreadConstraints).to.deep.equal([
        { ...common, topologyKey: "topology.kubernetes.io/zone", whenUnsatisfiable: "DoNotSchedule" },
        { ...common, topologyKey: "kubernetes.io/hostname", whenUnsatisfiable: "ScheduleAnyway" },
      ]);
    });

    it("say what their sidecar asks for, counts, and leaves alone", () => {
      const { annotations } = specOf(rollout("discovery")).template.metadata;
      expect(annotations).to.include({
        "sidecar.istio.io/proxyCPU": "50m",
        "sidecar.istio.io/proxyCPULimit": "1",
        "sidecar.istio.io/proxyMemory": "64Mi",
        "sidecar.istio.io/proxyMemoryLimit": "256Mi",
        "traffic.sidecar.istio.io/excludeOutboundIPRanges": "169.254.170.23/32",
        "traffic.sidecar.istio.io/excludeOutboundPorts": "6379,9098,9200",
        "prometheus.io/port": "3002",
      });
    });
  });

  describe("releases", () => {
    it("go to 10 %, 50 % and 100 % of traffic, each judged by error rate and latency of the new version", () => {
      const { canary } = specOf(rollout("publishing")).strategy;
      const analysis = {
        templates: [
          { templateName: "error-rate", clusterScope: true },
          { templateName: "latency-p95", clusterScope: true },
        ],
        args: [
          { name: "namespace", value: "llm-marketplace" },
          { name: "service", value: "publishing" },
          { name: "new-hash", valueFrom: { podTemplateHashValue: "Latest" } },
          { name: "histogram", value: "istio_request_duration_milliseconds_bucket" },
          { name: "limit-millis", value: "300" },
        ],
      };
      expect(canary.steps).to.deep.equal([
        { setWeight: 10 },
        { analysis },
        { setWeight: 50 },
        { analysis },
        { setWeight: 100 },
        { analysis },
      ]);
      expect(canary.trafficRouting.istio).to.deep.equal({
        virtualServices: [
          { name: "publishing", routes: ["primary"] },
          { name: "publishing-public", routes: ["primary"] },
        ],
        destinationRule: {
          name: "publishing",
          stableSubsetName: "stable",
          canarySubsetName: "canary",
        },
      });
    });

    it("judge consumption by the platform's own part of the time", () => {
      const { args } = specOf(rollout("consumption")).strategy.canary.steps[1].analysis;
      expect(args[3]).to.deep.equal({
        name: "histogram",
        value: "marketplace_overhead_milliseconds_bucket",
      });
    });

    it("name routes that the VirtualServices and subsets that the DestinationRule really have", () => {
      for (const name of names) {
        const { istio } = specOf(rollout(name)).strategy.canary.trafficRouting;
        for (const { name: virtualService, routes } of istio.virtualServices) {
          const found = platform
            .ofType("kubernetes:networking.istio.io/v1:VirtualService")
            .find((resource) => objectName(resource) === virtualService);
          if (found === undefined) throw new Error(`no VirtualService ${virtualService}`);
          expect(specOf(found).http.map((route: { name: string }) => route.name)).to.deep.equal(routes);
          expect(
            specOf(found).http[0].route.map((route: { destination: { subset: string }; weight: number }) => [
              route.destination.subset,
              route.weight,
            ]),
          ).to.deep.equal([
            ["stable", 100],
            ["canary", 0],
          ]);
        }
        const rule = platform.get("kubernetes:networking.istio.io/v1:DestinationRule", `${name}-destination`);
        expect(specOf(rule).subsets.map((subset: { name: string }) => subset.name)).to.deep.equal([
          istio.destinationRule.stableSubsetName,
          istio.destinationRule.canarySubsetName,
        ]);
      }
    });

    it("leave weights and subsets to the controller while it works on them", () => {
      const route = platform.get("kubernetes:networking.istio.io/v1:VirtualService", "admin-route-internal");
      expect(route.options.ignoreChanges).to.deep.equal(["spec.http[*].route[*].weight"]);
      const rule = platform.get("kubernetes:networking.istio.io/v1:DestinationRule", "admin-destination");
      expect(rule.options.ignoreChanges).to.deep.equal(["spec.subsets"]);
    });

    it("can be blue-green: a second Service, a switch, and the old version kept for ten minutes", async () => {
      const blueGreen = await recordPlatform({
        strategy: "blue-green",
        services: [fake.service("admin")],
      });
      const strategy = specOf(blueGreen.get(rolloutType, "admin-rollout")).strategy.blueGreen;
      expect(strategy).to.include({
        activeService: "admin-service",
        previewService: "admin-service-preview",
        autoPromotionEnabled: true,
        scaleDownDelaySeconds: 600,
      });
      const services = ["admin-service", "admin-service-preview"].map((name) =>
        blueGreen.get("kubernetes:core/v1:Service", name),
      );
      expect(services.map(objectName)).to.deep.equal(["admin-service", "admin-service-preview"]);
      const scraped = services.map(
        (resource) =>
          (resource.inputs.metadata as { labels: Record<string, string> }).labels[
            "llm-marketplace.io/scrape"
          ],
      );
      expect(scraped).to.deep.equal(["true", undefined]);
      const rule = blueGreen.get("kubernetes:networking.istio.io/v1:DestinationRule", "admin-destination");
      expect(specOf(rule)).to.not.have.property("subsets");
    });

    it("have Services that wait for no pod: the Rollout comes after its Service", () => {
      const services = platform.ofType("kubernetes:core/v1:Service");
      expect(services.map(({ name }) => name)).to.include("admin-service");
      for (const service of services) {
        expect(
          (service.inputs.metadata as { annotations?: Record<string, string> }).annotations,
          service.name,
        ).to.include({ "pulumi.com/skipAwait": "true" });
      }
      const rollout = platform.get(rolloutType, "admin-rollout");
      expect(rollout.dependencies).to.include(
        platform.get("kubernetes:core/v1:Service", "admin-service").urn,
      );
    });

    it("let a tenth of the pods be evicted, which is at least one whatever their number", () => {
      for (const budget of platform.ofType("kubernetes:policy/v1:PodDisruptionBudget")) {
        expect(specOf(budget).maxUnavailable).to.equal(evictable);
        expect(specOf(budget).unhealthyPodEvictionPolicy).to.equal("AlwaysAllow");
      }
      const percent = Number.parseInt(evictable, 10);
      // Kubernetes rounds the percentage of a budget up.
      fc.assert(
        fc.property(fc.integer({ min: 1, max: 1000 }), (pods) => Math.ceil((pods * percent) / 100) >= 1),
      );
    });
  });

  describe("access", () => {
    it("lets in exactly the catalogue's callers, by identity, and the gateway under the public path only", () => {
      const rules = (name: string) => specOf(platform.get(authorizationType, `${name}-authorization`)).rules;
      const gateway = (port: number, path: string) => ({
        from: [{ source: { principals: ["cluster.local/ns/istio-ingress/sa/istio-ingressgateway"] } }],
        to: [{ operation: { ports: [`${port}`], paths: [path, `${path}/*`] } }],
      });
      const service = (name: string, port: number) => ({
        from: [{ source: { principals: [`cluster.local/ns/llm-marketplace/sa/${name}`] } }],
        to: [{ operation: { ports: [`${port}`] } }],
      });
      expect(rules("publishing")).to.deep.equal([gateway(3001, "/v1/listings"), service("admin", 3001)]);
      expect(rules("discovery")).to.deep.equal([gateway(3002, "/v1/search"), service("consumption", 3002)]);
      expect(rules("consumption")).to.deep.equal([gateway(3003, "/v1/calls")]);
      expect(rules("admin")).to.deep.equal([gateway(3004, "/v1/admin")]);
    });

    const peers = (
      rules: { from?: unknown; to?: unknown; ports: { port: number }[] }[],
      key: "from" | "to",
    ) => rules.map((rule) => ({ peers: rule[key], ports: rule.ports.map(({ port }) => port) }));
    const pods = (namespace: string, podLabels?: Record<string, string>) => ({
      namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
      ...(podLabels === undefined ? {} : { podSelector: { matchLabels: podLabels } }),
    });
    const workload = (name: string) => pods("llm-marketplace", { "app.kubernetes.io/name": name });

    it("opens the network to callers and to Prometheus, and to nobody else", () => {
      const { ingress } = specOf(platform.get(policyType, "discovery-network"));
      expect(peers(ingress, "from")).to.deep.equal([
        {
          peers: [pods("istio-ingress", { istio: "ingressgateway" }), workload("consumption")],
          ports: [3002],
        },
        { peers: [pods("monitoring")], ports: [15020] },
      ]);
    });

    it("lets publishing out to DNS, istiod, the collector, its database, its brokers and HTTPS outside only", () => {
      const { egress } = specOf(platform.get(policyType, "publishing-network"));
      expect(peers(egress, "to")).to.deep.equal([
        { peers: [pods("kube-system", { "k8s-app": "kube-dns" })], ports: [53, 53] },
        { peers: [pods("istio-system", { app: "istiod" })], ports: [15012] },
        { peers: [pods("monitoring")], ports: [4317] },
        { peers: [{ ipBlock: { cidr: "10.20.0.0/16" } }], ports: [5432] },
        { peers: [{ ipBlock: { cidr: "10.20.0.0/16" } }], ports: [9098] },
        { peers: [{ ipBlock: { cidr: "169.254.170.23/32" } }], ports: [80] },
        { peers: [outside], ports: [443] },
      ]);
    });

    const outside = {
      ipBlock: {
        cidr: "0.0.0.0/0",
        except: ["10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"],
      },
    };

    it("lets no service out to an address inside, and consumption alone to hosts that the mesh does not know", () => {
      for (const name of names) {
        const { egress } = specOf(platform.get(policyType, `${name}-network`));
        const open = peers(egress, "to").filter(
          (rule) => JSON.stringify(rule.peers) === JSON.stringify([outside]),
        );
        expect(open, name).to.deep.equal([{ peers: [outside], ports: [443] }]);
        const sidecar = platform.get("kubernetes:networking.istio.io/v1:Sidecar", `${name}-outbound`);
        expect(specOf(sidecar).outboundTrafficPolicy.mode).to.equal(
          name === "consumption" ? "ALLOW_ANY" : "REGISTRY_ONLY",
        );
      }
    });

    it("shows a sidecar the control plane, DNS, the collector, the token issuer and the services it calls", () => {
      const sidecar = platform.get("kubernetes:networking.istio.io/v1:Sidecar", "admin-outbound");
      expect(specOf(sidecar).egress).to.deep.equal([
        {
          hosts: [
            "istio-system/*",
            "kube-system/kube-dns.kube-system.svc.cluster.local",
            "monitoring/otel-collector.monitoring.svc.cluster.local",
            "./identity.example.com",
            "./publishing-service.llm-marketplace.svc.cluster.local",
          ],
        },
      ]);
    });

    it("refuses wrong access tokens before every service except the one whose callers bring API keys", () => {
      const rules = platform.ofType("kubernetes:security.istio.io/v1:RequestAuthentication");
      expect(rules.map(objectName)).to.have.members(["publishing", "discovery", "admin"]);
      expect(specOf(platform.get(rules[0]?.type ?? "", "admin-tokens"))).to.deep.equal({
        selector: { matchLabels: { "app.kubernetes.io/name": "admin" } },
        jwtRules: [
          {
            issuer: "https://identity.example.com",
            audiences: ["llm-marketplace"],
            jwksUri: "https://identity.example.com/.well-known/jwks.json",
            fromHeaders: [{ name: "Authorization", prefix: "Bearer " }],
            forwardOriginalToken: true,
          },
        ],
      });
    });

    it("gives each identity only the stores of its service that accept one", () => {
      const grants = (name: string) => {
        const identity = platform.cloud.identities.find(({ serviceAccount }) => serviceAccount === name);
        return identity?.grants.map((grant) =>
          grant.to === "kafka"
            ? [grant.to, grant.produce, grant.consume, grant.groupPrefix]
            : [grant.to, "user" in grant ? grant.user : ""],
        );
      };
      expect(grants("publishing")).to.deep.equal([
        ["postgres", "publishing_runtime"],
        ["kafka", ["listing.events"], [], "publishing"],
      ]);
      expect(grants("discovery")).to.deep.equal([
        ["redis", "discovery"],
        ["kafka", [], ["listing.events"], "discovery"],
      ]);
      expect(grants("admin")).to.deep.equal([
        ["postgres", "admin_runtime"],
        [
          "kafka",
          ["metering.dead-letter", "provider.approvals", "access.keys"],
          ["metering.records", "metering.dead-letter"],
          "admin",
        ],
      ]);
    });
  });

  describe("environment", () => {
    it("is the contract with the service's code", () => {
      expect(environmentOf("publishing")).to.deep.equal({
        SERVICE_NAME: "publishing",
        SERVICE_VERSION: "1.2.3",
        ENVIRONMENT: "production",
        PORT: "3001",
        LOG_LEVEL: "info",
        CLOUD_REGION: "us-east-1",
        OTEL_EXPORTER_OTLP_ENDPOINT: "http://otel-collector.monitoring.svc.cluster.local:4317",
        OTEL_EXPORTER_OTLP_PROTOCOL: "grpc",
        OTEL_SERVICE_NAME: "publishing",
        OTEL_RESOURCE_ATTRIBUTES:
          "service.namespace=llm-marketplace,service.version=1.2.3,deployment.environment.name=production",
        OIDC_ISSUER: "https://identity.example.com",
        OIDC_AUDIENCE: "llm-marketplace",
        OIDC_JWKS_URL: "https://identity.example.com/.well-known/jwks.json",
        DATABASE_HOST: "postgres.example",
        DATABASE_PORT: "5432",
        DATABASE_NAME: "publishing",
        DATABASE_POOL_SIZE: "5",
        DATABASE_TLS: "true",
        KAFKA_BOOTSTRAP_SERVERS: "b-1.kafka.example:9098,b-2.kafka.example:9098",
        KAFKA_SECURITY_PROTOCOL: "SASL_SSL",
        KAFKA_GROUP_PREFIX: "publishing",
        KAFKA_PRODUCE_TOPICS: "listing.events",
        KAFKA_CONSUME_TOPICS: "",
        DATABASE_AUTH: "cloud-identity",
        DATABASE_USER: "publishing_runtime",
        DATABASE_CA_FILE: "/etc/stores/postgres/ca.crt",
        KAFKA_AUTH: "cloud-identity",
        KAFKA_USER: "publishing",
      });
    });

    it("names the services that a service calls", () => {
      expect(environmentOf("consumption")).to.include({
        DISCOVERY_URL: "http://discovery-service.llm-marketplace.svc.cluster.local:3002",
        REDIS_USER: "production-consumption",
        PROVIDERS_FOLDER: "/etc/providers",
      });
    });

    it("holds no secret, only where it is", () => {
      for (const name of names) {
        for (const [variable, value] of Object.entries(environmentOf(name))) {
          if (!/PASSWORD|KEY$|TOKEN/.test(variable)) continue;
          expect(value, variable).to.have.property("secretKeyRef");
        }
      }
    });

    it("speaks of stores inside the cluster by password, certificate and Sentinels", async () => {
      const inside = await recordPlatform({ inCluster: true, cloud: { name: "local", zone: false } });
      expect(environmentOf("discovery", inside)).to.deep.include({
        REDIS_SENTINEL_HOSTS: "redis-0.data.svc:26379,redis-1.data.svc:26379",
        REDIS_SENTINEL_MASTER: "marketplace",
        REDIS_AUTH: "password",
        REDIS_PASSWORD: { secretKeyRef: { name: "discovery-redis", key: "password" } },
        REDIS_CA_FILE: "/etc/stores/redis/ca.crt",
        KAFKA_AUTH: "client-certificate",
        KAFKA_CERT_FILE: "/etc/stores/kafka-client/user.crt",
        KAFKA_KEY_FILE: "/etc/stores/kafka-client/user.key",
        ELASTICSEARCH_INDEX_PREFIX: "listings",
      });
      const copy = inside.get(
        "kubernetes:external-secrets.io/v1:ExternalSecret",
        "discovery-kafka-secret-discovery-kafka",
      );
      expect(specOf(copy).data).to.deep.equal([
        { secretKey: "user.crt", remoteRef: { key: "kafka-discovery", property: "user.crt" } },
        { secretKey: "user.key", remoteRef: { key: "kafka-discovery", property: "user.key" } },
        { secretKey: "ca.crt", remoteRef: { key: "kafka-ca", property: "ca.crt" } },
      ]);
      const role = inside.get(
        "kubernetes:rbac.authorization.k8s.io/v1:Role",
        "discovery-redis-secret-reader",
      );
      expect(role.inputs.rules).to.deep.equal([
        {
          apiGroups: [""],
          resources: ["secrets"],
          verbs: ["get"],
          resourceNames: ["redis-discovery", "redis-ca"],
        },
      ]);
      expect((role.inputs.metadata as { namespace: string }).namespace).to.equal("data");
    });
  });

  describe("migrations", () => {
    const jobType = "kubernetes:batch/v1:Job";
    const jobOf = (name: string, recording = platform) => recording.get(jobType, `${name}-migration-job`);
    const podOf = (name: string, recording = platform) => specOf(jobOf(name, recording)).template.spec;
    const variables = (name: string, recording = platform) =>
      Object.fromEntries(
        podOf(name, recording).containers[0].env.map(
          (variable: { name: string; value?: unknown; valueFrom?: unknown }) => [
            variable.name,
            variable.value ?? variable.valueFrom,
          ],
        ),
      );

    it("are of the services with a database, by the image of the version that takes over", () => {
      expect(
        platform
          .ofType(jobType)
          .map(({ name }) => name)
          .sort(),
      ).to.deep.equal(["admin-migration-job", "publishing-migration-job"]);
      const [container] = podOf("publishing").containers;
      expect(container.image).to.equal(pod("publishing").containers[0].image);
      expect(container.args).to.deep.equal(["migrate.mjs"]);
      expect(podOf("admin").containers[0].args).to.deep.equal(["migrate"]);
      expect(objectName(jobOf("publishing"))).to.match(/^publishing-migration-[0-9a-f]{8}$/);
    });

    it("work as the owner of the tables, with an identity that no serving pod has", () => {
      expect(variables("publishing")).to.deep.equal({
        SERVICE_NAME: "publishing",
        ENVIRONMENT: "production",
        CLOUD_REGION: "us-east-1",
        DATABASE_HOST: "postgres.example",
        DATABASE_PORT: "5432",
        DATABASE_NAME: "publishing",
        DATABASE_POOL_SIZE: "5",
        DATABASE_TLS: "true",
        DATABASE_AUTH: "cloud-identity",
        DATABASE_USER: "publishing",
        DATABASE_CA_FILE: "/etc/stores/postgres/ca.crt",
      });
      const owners = platform.cloud.identities.filter(({ grants }) =>
        grants.some((grant) => grant.to === "postgres" && names.includes(grant.user)),
      );
      expect(owners.map(({ serviceAccount }) => serviceAccount).sort()).to.deep.equal([
        "admin-migration",
        "publishing-migration",
      ]);
      expect(podOf("publishing").serviceAccountName).to.equal("publishing-migration");
    });

    it("have the owner's password alone, and services theirs, where the database asks for one", async () => {
      const inside = await recordPlatform({ inCluster: true, cloud: { name: "local", zone: false } });
      const remoteKeys = (name: string) =>
        specOf(inside.get("kubernetes:external-secrets.io/v1:ExternalSecret", name)).data.map(
          ({ remoteRef }: { remoteRef: { key: string } }) => remoteRef.key,
        );
      expect(remoteKeys("admin-migration-postgres-secret-admin-migration-postgres")).to.include(
        "postgres-admin",
      );
      expect(remoteKeys("admin-postgres-secret-admin-postgres")).not.to.include("postgres-admin");
      expect(variables("admin", inside).DATABASE_PASSWORD).to.deep.equal({
        secretKeyRef: { name: "admin-migration-postgres", key: "password" },
      });
      expect(environmentOf("admin", inside).DATABASE_PASSWORD).to.deep.equal({
        secretKeyRef: { name: "admin-postgres", key: "password" },
      });
    });

    it("reach names, the database and the identity's agent, and are reached by nobody", () => {
      const { ingress, egress } = specOf(platform.get(policyType, "admin-migration-network"));
      expect(ingress).to.deep.equal([]);
      expect(
        egress.map((rule: { ports: { port: number }[] }) => rule.ports.map(({ port }) => port)),
      ).to.deep.equal([[53, 53], [5432], [80]]);
    });

    it("end: no sidecar runs beside them, and a deployment does not wait for an image", () => {
      const { metadata, spec } = specOf(jobOf("admin")).template;
      expect(metadata.labels).to.include({ "sidecar.istio.io/inject": "false" });
      expect(spec.restartPolicy).to.equal("OnFailure");
      expect((jobOf("admin").inputs.metadata as { annotations: object }).annotations).to.deep.equal({
        "pulumi.com/replaceUnready": "true",
        "pulumi.com/skipAwait": "true",
      });
    });
  });

  describe("routes", () => {
    it("take the timeouts and retries from the objective", () => {
      const route = platform.get(
        "kubernetes:networking.istio.io/v1:VirtualService",
        "discovery-route-public",
      );
      const [http] = specOf(route).http;
      expect(specOf(route).hosts).to.deep.equal(["api.market.example.com"]);
      expect(specOf(route).gateways).to.deep.equal(["istio-ingress/public"]);
      expect(http.match).to.deep.equal([
        { uri: { exact: "/v1/search" } },
        { uri: { prefix: "/v1/search/" } },
      ]);
      expect(http.timeout).to.equal("1500ms");
      expect(http.retries).to.deep.equal({
        attempts: 2,
        retryOn: "connect-failure,refused-stream,unavailable",
        perTryTimeout: "500ms",
      });
    });

    it("let a model think: consumption's calls are bounded as a whole only", () => {
      expect(callPolicy(fake.service("consumption").objective)).to.deep.equal({
        timeoutMillis: 300_000,
        retryAttempts: 2,
        perTryTimeoutMillis: undefined,
        consecutiveErrors: 5,
      });
    });

    it("lose patience with a pod sooner where the error budget is smaller", () => {
      const errors = (availabilityPercent: number) =>
        callPolicy({ availabilityPercent, latencyP95Millis: 100, latencyOf: "request" }).consecutiveErrors;
      expect([99, 99.5, 99.9, 99.95, 99.99].map(errors)).to.deep.equal([100, 50, 10, 5, 3]);
    });
  });

  describe("objectives", () => {
    it("burn alerts have the factors and windows of the SRE workbook", () => {
      const groups = objectiveGroups(fake.service("publishing")) as unknown as {
        name: string;
        rules: { alert?: string; expr: string; labels: Record<string, string> }[];
      }[];
      const alerts = groups.find(({ name }) => name === "publishing-availability-alerts")?.rules ?? [];
      expect(alerts.map(({ expr, labels }) => [labels.severity, expr])).to.deep.equal(
        [
          ["critical", 14.4, "1h", "5m"],
          ["critical", 6, "6h", "30m"],
          ["warning", 3, "1d", "2h"],
          ["warning", 1, "3d", "6h"],
        ].map(([severity, factor, long, short]) => {
          const over = (window: unknown) =>
            `service:availability_errors:ratio_rate${window}{service="publishing"} > (${factor} * 0.0005)`;
          return [severity, `${over(long)} and ${over(short)}`];
        }),
      );
    });

    it("reads latency at a bucket boundary that the sidecar really has", () => {
      for (const name of names) {
        const { objective } = fake.service(name);
        expect(latencyBuckets(objective), name).to.include(objective.latencyP95Millis);
        const { annotations } = specOf(rollout(name)).template.metadata;
        expect(JSON.parse(annotations["sidecar.istio.io/statsHistogramBuckets"]).istiocustom).to.include(
          objective.latencyP95Millis,
        );
      }
    });

    it("records every window that an alert looks at", () => {
      for (const name of names) {
        const groups = objectiveGroups(fake.service(name)) as unknown as {
          rules: { record?: string; alert?: string; expr: string }[];
        }[];
        const rules = groups.flatMap((group) => group.rules);
        const recorded = new Set(rules.flatMap(({ record }) => record ?? []));
        for (const { alert, expr } of rules) {
          if (alert === undefined) continue;
          for (const [used] of expr.matchAll(/service:\w+:ratio_rate\w+/g)) expect(recorded).to.include(used);
        }
      }
    });

    it("scrapes one Service a service, and knows the version of each sample", () => {
      const monitor = platform.get("kubernetes:monitoring.coreos.com/v1:ServiceMonitor", "admin-monitor");
      expect(specOf(monitor)).to.deep.equal({
        jobLabel: "app.kubernetes.io/name",
        podTargetLabels: ["rollouts-pod-template-hash"],
        selector: {
          matchLabels: { "app.kubernetes.io/name": "admin", "llm-marketplace.io/scrape": "true" },
        },
        endpoints: [{ port: "metrics", path: "/stats/prometheus", interval: "15s" }],
      });
    });
  });

  it("gives users an address under the platform's host", () => {
    expect(platform.outputs).to.deep.equal({
      publishing: "https://api.market.example.com/v1/listings",
      discovery: "https://api.market.example.com/v1/search",
      consumption: "https://api.market.example.com/v1/calls",
      admin: "https://api.market.example.com/v1/admin",
    });
  });

  it("waits for operators, secrets, permissions and routes before its first pod", () => {
    const needed = [
      "delivery-argo-rollouts",
      "publishing-tokens",
      "publishing-network",
      "publishing-authorization",
      "publishing-route-internal",
      "publishing-account",
      "publishing-service",
      "publishing-store-roots",
    ];
    const waitsFor = rollout("publishing").dependencies.map((urn) => urn.split("::").at(-1));
    expect(waitsFor).to.include.members(needed);
  });

  async function problemOf(options: PlatformOptions): Promise<string> {
    try {
      await recordPlatform(options);
    } catch (error) {
      if (error instanceof UserError) return error.message;
      throw error;
    }
    return "none";
  }

  it("refuses a service without an image repository", async () => {
    expect(await problemOf({ services: [fake.service("admin")], repositories: ["publishing"] })).to.equal(
      [
        "services.admin: got no image repository",
        "  allowed: publishing",
        "  fix: add the service to services/catalog.ts, from which the registry takes its repositories",
      ].join("\n"),
    );
  });

  it("refuses a name that would be too long for its objects", async () => {
    const name = "a".repeat(41);
    expect(await problemOf({ services: [{ ...fake.service("admin"), name }] })).to.equal(
      [
        `services/catalog.ts › name: got ${name}`,
        "  allowed: lower-case letters, digits and hyphens, starting with a letter, at most 40 characters",
        "  fix: choose another name before the service is deployed; a later change replaces all its objects",
      ].join("\n"),
    );
  });

  it("keeps every name within RFC 1123 and Kubernetes' limits, for a name of the longest allowed length too", async () => {
    const longest = { ...fake.service("consumption"), name: "a".repeat(40) };
    const wide = await recordPlatform({ services: [longest], inCluster: true });
    for (const recording of [platform, wide]) {
      for (const resource of recording.resources) {
        if (!resource.type.startsWith("kubernetes:") || resource.type.startsWith("kubernetes:helm")) continue;
        expect(objectName(resource), resource.urn).to.match(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/);
        if (/:(Service|Namespace)$/.test(resource.type)) {
          expect(objectName(resource), resource.urn).to.match(/^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/);
        }
        const { labels = {} } = (resource.inputs.metadata ?? {}) as { labels?: Record<string, string> };
        for (const value of Object.values(labels)) {
          expect(value, resource.urn).to.match(/^([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$/);
        }
      }
    }
  });

  it("has a quota for both versions of every service at their most, sidecars included", () => {
    const sidecar = { cpuMillis: 50, memoryMiB: 64, memoryLimitMiB: 256 };
    expect(servicesQuota([fake.service("admin")], sidecar)).to.deep.equal({
      pods: "20",
      "requests.cpu": "6000m",
      "requests.memory": "8960Mi",
      "limits.memory": "20480Mi",
    });
  });
});
