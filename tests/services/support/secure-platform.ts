/** The engines in their secure form, with the rights that the platform gives, and the four services on them. */
import { createHmac, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Acl,
  AclOperations,
  AclPermissionTypes,
  ResourcePatternTypes,
  ResourceTypes,
} from "@platformatic/kafka";
import { userAcls } from "../../../components/kubernetes/kafka/cluster.ts";
import { primaryName } from "../../../components/kubernetes/redis/config.ts";
import { redisAccess } from "../../../components/kubernetes/redis/users.ts";
import { catalog, runtimeRole } from "../../../services/catalog.ts";
import { Authority } from "../../../services/dev/engines/authority.ts";
import type { EngineName, Security } from "../../../services/dev/engines/engine.ts";
import { freePorts } from "../../../services/dev/engines/ports.ts";
import { certificateRole } from "../../../services/dev/engines/postgres.ts";
import { type EngineSet, startEngines } from "../../../services/dev/engines/set.ts";
import type { EngineAddress } from "../../../services/dev/platform/environment.ts";
import { type Platform, tokens } from "../../../services/dev/platform/platform.ts";
import { runMigration } from "../../../services/dev/platform/programs.ts";
import { ServiceProcess } from "../../../services/dev/platform/service-process.ts";
import {
  connectAsSuperuser,
  kafkaAdministrator,
  prepareStores,
} from "../../../services/dev/platform/stores.ts";
import { host, RedisSet, until } from "../../stores/support/redis-set.ts";
import { type Collector, startCollector } from "./otlp-collector.ts";
import { ownerEnvironment, type SecureStores, secureEnvironment } from "./secure-environment.ts";

export class SecurePlatform {
  readonly #folder = mkdtempSync(join(tmpdir(), "marketplace-secure-"));
  readonly #security: Security = security(this.#folder);
  /** An authority that signed nothing of the engines'. */
  readonly stranger = new Authority(join(this.#folder, "stranger"), "stranger");
  readonly redis = new RedisSet(redisAccess(redisUsers));
  readonly #processes: ServiceProcess[] = [];
  #engines: EngineSet | undefined;
  #collector: Collector | undefined;

  /** Engines first, then rights. What started is stopped by `stop`, whatever happens here. */
  async start(say: (line: string) => void): Promise<void> {
    this.#collector = await startCollector();
    const redis = this.redis.start(3).then(() => this.#redisReady());
    this.#engines = await startEngines(["postgres", "kafka", "elasticsearch", "issuer"], {
      say,
      security: this.#security,
    });
    await prepareStores(this.#addresses, this.#security.password);
    await grantTopics(this.#addresses.kafka as EngineAddress);
    await redis;
  }

  get collector(): Collector {
    if (this.#collector === undefined) throw new Error("the collector is not running");
    return this.#collector;
  }

  get #running(): EngineSet {
    if (this.#engines === undefined)
      throw new Error("the engines are not running: their start failed before");
    return this.#engines;
  }

  get #addresses(): Partial<Record<EngineName, EngineAddress>> {
    return Object.fromEntries([...this.#running.engines].map(([name, { address }]) => [name, address]));
  }

  /** Passwords everywhere, Redis through its Sentinels: what pods have in a cluster. */
  byPassword(): SecureStores {
    return {
      engines: this.#addresses,
      password: this.#security.password,
      redis: {
        host,
        port: this.redis.ports("redis")[0] as number,
        sentinels: this.redis
          .ports("sentinel")
          .map((port) => `${host}:${port}`)
          .join(","),
        primaryName,
        caFile: this.redis.caFile,
        password: (user) => this.redis.password(user),
      },
    };
  }

  /** Certificates at Kafka and PostgreSQL, and Redis at the one address that a cloud's own has. */
  async byCertificate(): Promise<SecureStores> {
    const client = await connectAsSuperuser(this.#addresses.postgres as EngineAddress);
    const roles = catalog
      .filter(({ postgres }) => postgres !== undefined)
      .flatMap(({ name }) => [name, runtimeRole(name)]);
    try {
      await client.query(`create role ${certificateRole}`);
      for (const name of roles) await client.query(`grant ${certificateRole} to ${name}`);
    } finally {
      await client.end();
    }
    const { redis, ...rest } = this.byPassword();
    const primary = await this.redis.primary("discovery");
    if (primary === undefined) throw new Error(`Redis has no primary\n${this.redis.logs()}`);
    const { sentinels: _, ...direct } = { ...redis, port: primary };
    return { ...rest, redis: direct, certificate: (user) => this.#security.authority.issue(user) };
  }

  /** Brings the databases up to date, as the owners of their tables. */
  async migrate(stores: SecureStores): Promise<void> {
    const withDatabase = catalog.filter(({ postgres }) => postgres !== undefined);
    await Promise.all(
      withDatabase.map((service) => runMigration(service.name, ownerEnvironment(service, stores))),
    );
  }

  /** Processes of the four services, not yet started; `change` gives those of a service's variables that are others. */
  async services(
    stores: SecureStores,
    change: (environment: Readonly<Record<string, string>>) => Record<string, string> = () => ({}),
  ): Promise<Map<string, ServiceProcess>> {
    const ports = await freePorts(catalog.length);
    const places = Object.fromEntries(
      catalog.map(({ name }, index) => [name, { host: "127.0.0.1", port: ports[index] as number }]),
    );
    const spools = mkdtempSync(join(this.#folder, "spools-"));
    const made = catalog.map((definition) => {
      const environment = {
        ...secureEnvironment(definition, stores, {
          services: places,
          otlpEndpoint: this.collector.endpoint,
        }),
        OTEL_TRACES_SAMPLER_ARG: "1",
        SPOOL_FOLDER: join(spools, definition.name),
      };
      return [
        definition.name,
        new ServiceProcess(definition, { ...environment, ...change(environment) }),
      ] as const;
    });
    this.#processes.push(...made.map(([, process]) => process));
    return new Map(made);
  }

  token(claims: Parameters<Platform["token"]>[0]): Promise<string> {
    return tokens(this.#running)(claims);
  }

  /** What the services that run have said that is no information, for the message of a failed test. */
  complaints(): string {
    const said = this.#processes
      .filter(({ running }) => running)
      .flatMap(({ lines }) => lines.filter((line) => !/"level": ?"info"/.test(line)).slice(-8));
    return said.join("\n");
  }

  async stop(): Promise<void> {
    await Promise.all(this.#processes.map((process) => process.stop("SIGKILL")));
    await Promise.all([this.#engines?.stop(), this.redis.stop()]);
    this.#collector?.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** A primary that takes writes, with both others in step: before that nobody could take its place. */
  async #redisReady(): Promise<void> {
    await until(
      "three members of Redis in step",
      60,
      async () => {
        const ports = this.redis.ports("redis");
        const ready = await Promise.all(ports.map((port) => this.redis.script(port, "check-redis.sh")));
        return ready.every(Boolean) && (await this.redis.primary("discovery")) !== undefined;
      },
      () => this.redis.logs(),
    );
  }
}

const redisUsers = catalog.flatMap(({ name, redis }) =>
  redis === undefined ? [] : [{ name, keyPrefix: redis.keyPrefix, rights: redis.rights }],
);

function security(folder: string): Security {
  const seed = randomBytes(32);
  return {
    authority: new Authority(join(folder, "authority")),
    users: catalog.map(({ name }) => name),
    password: (user) => createHmac("sha256", seed).update(user).digest("hex"),
  };
}

/** What the platform grants a service's user, and nothing else: every other request is refused. */
async function grantTopics(address: EngineAddress): Promise<void> {
  const types = {
    topic: ResourceTypes.TOPIC,
    group: ResourceTypes.GROUP,
    transactionalId: ResourceTypes.TRANSACTIONAL_ID,
  } as const;
  const patterns = { literal: ResourcePatternTypes.LITERAL, prefix: ResourcePatternTypes.PREFIXED } as const;
  const operations = {
    Describe: AclOperations.DESCRIBE,
    Read: AclOperations.READ,
    Write: AclOperations.WRITE,
  } as const;
  const creations = catalog.flatMap(({ name, topics }): Acl[] => {
    const having = (right: "produce" | "consume") =>
      topics.filter(({ rights }) => rights.includes(right)).map(({ topic }) => topic);
    return userAcls({ name, produce: having("produce"), consume: having("consume") }).flatMap(
      ({ resource, operations: allowed }) =>
        allowed.map((operation) => ({
          resourceType: types[resource.type as keyof typeof types],
          resourceName: resource.name,
          resourcePatternType: patterns[resource.patternType],
          principal: `User:${name}`,
          host: "*",
          operation: operations[operation as keyof typeof operations],
          permissionType: AclPermissionTypes.ALLOW,
        })),
    );
  });
  const admin = kafkaAdministrator(address);
  try {
    await admin.createAcls({ creations });
  } finally {
    await admin.close();
  }
}
