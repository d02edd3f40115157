/**
 * `compose.yaml`: the four services with everything they need and everything that watches them, for a laptop. It is
 * generated (`make goldens`), so that ports, environment and versions are those of the catalogue and of
 * `config/versions.json`.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { stringify } from "yaml";
import versions from "../../../config/versions.json" with { type: "json" };
import { catalog, type ServiceDefinition } from "../../catalog.ts";
import { localEnvironment, migrationEnvironment } from "../platform/environment.ts";

const root = resolve(import.meta.dirname, "..", "..", "..");
const own = "./services/dev/compose";
const issuerUrl = "http://issuer:8080";

function image(name: Exclude<keyof typeof versions.development, "about">): string {
  const { repository, tag } = versions.development[name];
  return `${repository}:${tag}`;
}

function platformImage(name: "redis" | "elasticsearch"): string {
  const { repository, tag } = versions.images[name];
  return `${repository}:${tag}`;
}

/** Ports are open to this machine only: none of it asks for a password. */
const onThisMachine = (port: number, inside = port) => [`127.0.0.1:${port}:${inside}`];

const health = (command: string, startSeconds = 10) => ({
  test: ["CMD-SHELL", command],
  interval: "5s",
  timeout: "3s",
  retries: 20,
  start_period: `${startSeconds}s`,
});

const helper = (script: string) => ({
  build: { context: ".", dockerfile: `${own}/Dockerfile`, args: { NODE_IMAGE: image("node") } },
  image: "llm-marketplace/compose-helper",
  command: [`services/dev/compose/${script}`],
});

const healthy = { condition: "service_healthy" };
const completed = { condition: "service_completed_successfully" };

function stores() {
  return {
    postgres: {
      image: image("postgres"),
      // Nothing outside this machine reaches it; the services' roles have no password here.
      environment: { POSTGRES_HOST_AUTH_METHOD: "trust" },
      command: ["postgres", "-c", "max_connections=500"],
      ports: onThisMachine(5432),
      volumes: ["postgres:/var/lib/postgresql/data"],
      healthcheck: health("pg_isready -U postgres -h 127.0.0.1"),
    },
    redis: {
      image: platformImage("redis"),
      command: ["redis-server", "--save", "", "--maxmemory", "256mb", "--maxmemory-policy", "volatile-lru"],
      ports: onThisMachine(6379),
      healthcheck: health("redis-cli ping | grep -q PONG"),
    },
    elasticsearch: {
      image: platformImage("elasticsearch"),
      environment: {
        "discovery.type": "single-node",
        "xpack.security.enabled": "false",
        "action.auto_create_index": "false",
        ES_JAVA_OPTS: "-Xms512m -Xmx512m",
      },
      ports: onThisMachine(9200),
      volumes: ["elasticsearch:/usr/share/elasticsearch/data"],
      healthcheck: health(
        "curl -fs 'http://127.0.0.1:9200/_cluster/health?wait_for_status=yellow&timeout=1s'",
        60,
      ),
    },
    kafka: {
      image: image("kafka"),
      environment: {
        KAFKA_NODE_ID: "1",
        KAFKA_PROCESS_ROLES: "broker,controller",
        KAFKA_LISTENERS: "CLIENTS://:9092,CONTROLLER://:9093",
        KAFKA_ADVERTISED_LISTENERS: "CLIENTS://kafka:9092",
        KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: "CLIENTS:PLAINTEXT,CONTROLLER:PLAINTEXT",
        KAFKA_INTER_BROKER_LISTENER_NAME: "CLIENTS",
        KAFKA_CONTROLLER_LISTENER_NAMES: "CONTROLLER",
        KAFKA_CONTROLLER_QUORUM_VOTERS: "1@kafka:9093",
        KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: "1",
        KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: "1",
        KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: "1",
        KAFKA_AUTO_CREATE_TOPICS_ENABLE: "false",
      },
      volumes: ["kafka:/var/lib/kafka/data"],
      healthcheck: health(
        "/opt/kafka/bin/kafka-broker-api-versions.sh --bootstrap-server kafka:9092 >/dev/null",
        30,
      ),
    },
  };
}

function helpers() {
  return {
    issuer: {
      ...helper("issuer.ts"),
      environment: { ISSUER_URL: issuerUrl },
      ports: onThisMachine(8080),
      healthcheck: health(
        `node -e 'fetch("http://127.0.0.1:8080/.well-known/jwks.json").then((a) => process.exit(a.ok ? 0 : 1), () => process.exit(1))'`,
      ),
    },
    prepare: {
      ...helper("prepare.ts"),
      depends_on: { postgres: healthy, kafka: healthy },
      restart: "on-failure:3",
    },
    seed: {
      ...helper("seed.ts"),
      environment: {
        ISSUER_URL: issuerUrl,
        ...Object.fromEntries(
          catalog.map(({ name, port }) => [`${name.toUpperCase()}_URL`, `http://${name}:${port}`]),
        ),
      },
      depends_on: Object.fromEntries(catalog.map(({ name }) => [name, healthy])),
      restart: "on-failure:3",
    },
  };
}

function marketplace() {
  const addresses = {
    engines: {
      postgres: { host: "postgres", port: 5432 },
      redis: { host: "redis", port: 6379 },
      elasticsearch: { host: "elasticsearch", port: 9200 },
      kafka: { bootstrapServers: "kafka:9092" },
      issuer: {
        issuer: issuerUrl,
        audience: "llm-marketplace",
        jwksUrl: `${issuerUrl}/.well-known/jwks.json`,
      },
    },
    services: Object.fromEntries(catalog.map(({ name, port }) => [name, { host: name, port }])),
    otlpEndpoint: "http://jaeger:4317",
  };
  return Object.fromEntries(
    catalog.flatMap((service) => {
      const environment = localEnvironment(service, addresses);
      const before = service.postgres ? migrationName(service) : "prepare";
      const entry = {
        ...ownImage(service),
        environment,
        ports: onThisMachine(service.port),
        // The check is in each image: not every image has a shell.
        depends_on: {
          issuer: healthy,
          [before]: completed,
          ...(service.redis && { redis: healthy }),
          ...(service.elasticsearch && { elasticsearch: healthy }),
        },
        restart: "unless-stopped",
      };
      return [...(service.postgres ? [migration(service, environment)] : []), [service.name, entry]];
    }),
  );
}

const migrationName = ({ name }: ServiceDefinition) => `${name}-migration`;

/** As the owner of the tables; the service itself may change rows only. */
function migration(service: ServiceDefinition, environment: Record<string, string>) {
  const entry = {
    ...ownImage(service),
    command: service.postgres?.migration,
    environment: migrationEnvironment(service, environment),
    healthcheck: { disable: true },
    depends_on: { prepare: completed },
    restart: "on-failure:3",
  };
  return [migrationName(service), entry];
}

const ownImage = ({ name }: ServiceDefinition) => ({
  build: { context: `./services/${name}` },
  image: `llm-marketplace/${name}`,
  read_only: true,
  tmpfs: ["/tmp"],
  security_opt: ["no-new-privileges:true"],
  cap_drop: ["ALL"],
});

function watchers() {
  return {
    prometheus: {
      image: image("prometheus"),
      ports: onThisMachine(9090),
      volumes: [
        `${own}/prometheus.yml:/etc/prometheus/prometheus.yml:ro`,
        "./services/dev/prometheus/records.yaml:/etc/prometheus/rules/records.yaml:ro",
      ],
    },
    grafana: {
      image: image("grafana"),
      // Everybody on this machine may look and edit; nothing is kept.
      environment: {
        GF_AUTH_ANONYMOUS_ENABLED: "true",
        GF_AUTH_ANONYMOUS_ORG_ROLE: "Admin",
        GF_AUTH_DISABLE_LOGIN_FORM: "true",
        GF_ANALYTICS_REPORTING_ENABLED: "false",
      },
      ports: onThisMachine(3000),
      volumes: [
        `${own}/datasources.yaml:/etc/grafana/provisioning/datasources/marketplace.yaml:ro`,
        `${own}/dashboards.yaml:/etc/grafana/provisioning/dashboards/marketplace.yaml:ro`,
        "./services/dev/grafana/dashboards:/var/lib/grafana/dashboards:ro",
      ],
    },
    jaeger: { image: image("jaeger"), ports: onThisMachine(16686) },
    loki: {
      image: image("loki"),
      command: ["-config.file=/etc/loki/loki.yaml"],
      ports: onThisMachine(3100),
      volumes: [`${own}/loki.yaml:/etc/loki/loki.yaml:ro`, "loki:/loki"],
    },
    alloy: {
      image: image("alloy"),
      command: ["run", "/etc/alloy/config.alloy"],
      volumes: [
        `${own}/alloy.config:/etc/alloy/config.alloy:ro`,
        "/var/run/docker.sock:/var/run/docker.sock:ro",
      ],
    },
  };
}

const header = `# The marketplace on a laptop: \`docker compose up\`. Generated by services/dev/compose/compose.ts (\`make goldens\`).
# Grafana is at http://localhost:3000, Jaeger at :16686, Prometheus at :9090; \`docker compose down -v\` forgets the data.
`;

/** The whole file. */
export function composeFile(): string {
  const document = {
    name: "llm-marketplace",
    services: { ...stores(), ...helpers(), ...marketplace(), ...watchers() },
    volumes: { postgres: {}, elasticsearch: {}, kafka: {}, loki: {} },
  };
  return header + stringify(document, { lineWidth: 0, aliasDuplicateObjects: false });
}

if (import.meta.main) {
  const file = join(root, "compose.yaml");
  if (process.argv.includes("--check")) {
    if (readFileSync(file, "utf8") !== composeFile()) {
      console.error("compose.yaml is stale: run make goldens and read the difference");
      process.exitCode = 1;
    }
  } else {
    writeFileSync(file, composeFile());
  }
}
