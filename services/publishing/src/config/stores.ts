import { z } from "zod";
import { choice, flag, integer, password, type Sections, text } from "./variables.ts";

export type StoreAuth =
  | { readonly kind: "none"; readonly user: string | undefined }
  | { readonly kind: "password"; readonly user: string; readonly password: string }
  | {
      readonly kind: "client-certificate";
      readonly user: string | undefined;
      readonly certFile: string;
      readonly keyFile: string;
    }
  | { readonly kind: "cloud-identity"; readonly user: string; readonly region: string };

export interface DatabaseConfig {
  readonly host: string;
  readonly port: number;
  readonly name: string;
  readonly poolSize: number;
  readonly tls: boolean;
  readonly caFile: string | undefined;
  readonly auth: StoreAuth;
}

export interface KafkaConfig {
  readonly bootstrapServers: readonly string[];
  readonly tls: boolean;
  readonly topic: string;
  readonly caFile: string | undefined;
  readonly auth: StoreAuth;
}

export interface Strictness {
  /** Anything but a developer's machine: passwords are checked, TLS is demanded. */
  readonly strict: boolean;
  /** Engines on loopback may be entered without proof. */
  readonly allowNone: boolean;
  readonly region: string | undefined;
}

const hostName = text("a host name or address", /^[A-Za-z0-9._:-]{1,253}$/);
const user = text("a user's name", /^[^\0]{1,128}$/);
const file = text("the path of a file");

function parseAuth(sections: Sections, prefix: string, rules: Strictness): StoreAuth | undefined {
  const kinds = ["password", "client-certificate", "cloud-identity"] as const;
  const auth = `${prefix}_AUTH`;
  const kind = sections.parse(z.object({ [auth]: choice(rules.allowNone ? [...kinds, "none"] : kinds) }))?.[
    auth
  ];
  const [userName, passwordName] = [`${prefix}_USER`, `${prefix}_PASSWORD`];
  switch (kind) {
    case "none": {
      const parsed = sections.parse(z.object({ [userName]: user.optional() }));
      return parsed && { kind, user: parsed[userName] };
    }
    case "password": {
      const parsed = sections.parse(z.object({ [userName]: user, [passwordName]: password(rules.strict) }));
      return parsed && { kind, user: String(parsed[userName]), password: String(parsed[passwordName]) };
    }
    case "client-certificate": {
      const [cert, key] = [`${prefix}_CERT_FILE`, `${prefix}_KEY_FILE`];
      const parsed = sections.parse(z.object({ [cert]: file, [key]: file, [userName]: user.optional() }));
      return (
        parsed && {
          kind,
          user: parsed[userName],
          certFile: String(parsed[cert]),
          keyFile: String(parsed[key]),
        }
      );
    }
    case "cloud-identity": {
      const parsed = sections.parse(z.object({ [userName]: user }));
      if (rules.region === undefined)
        sections.refuse("CLOUD_REGION", "the cloud's region, for tokens of its identity");
      return parsed && { kind, user: String(parsed[userName]), region: rules.region ?? "" };
    }
    default:
      return undefined;
  }
}

export function parseDatabase(sections: Sections, rules: Strictness): DatabaseConfig | undefined {
  const parsed = sections.parse(
    z.object({
      DATABASE_HOST: hostName,
      DATABASE_PORT: integer("a port, 1 to 65535", 1, 65535),
      DATABASE_NAME: text("a database's name", /^[A-Za-z0-9_-]{1,63}$/),
      DATABASE_POOL_SIZE: integer("connections of the pool, 2 to 100", 2, 100),
      DATABASE_TLS: flag,
      DATABASE_CA_FILE: file.optional(),
    }),
  );
  const auth = parseAuth(sections, "DATABASE", rules);
  if (parsed?.DATABASE_TLS === false && (rules.strict || auth?.kind === "cloud-identity")) {
    sections.refuse("DATABASE_TLS", "true (false is for local and dev, without a cloud's identity)");
  }
  if (auth?.kind === "client-certificate" && auth.user === undefined)
    sections.refuse("DATABASE_USER", "a user's name");
  if (parsed === undefined || auth === undefined) return undefined;
  return {
    host: parsed.DATABASE_HOST,
    port: parsed.DATABASE_PORT,
    name: parsed.DATABASE_NAME,
    poolSize: parsed.DATABASE_POOL_SIZE,
    tls: parsed.DATABASE_TLS,
    caFile: parsed.DATABASE_CA_FILE,
    auth,
  };
}

/** The protocols that go with each way of proof. */
const protocols = {
  none: ["PLAINTEXT", "SSL"],
  password: ["SASL_SSL"],
  "client-certificate": ["SSL"],
  "cloud-identity": ["SASL_SSL"],
} as const satisfies Record<StoreAuth["kind"], readonly string[]>;

export function parseKafka(sections: Sections, rules: Strictness): KafkaConfig | undefined {
  const broker = /^[A-Za-z0-9._-]{1,253}:\d{1,5}(,[A-Za-z0-9._-]{1,253}:\d{1,5})*$/;
  const parsed = sections.parse(
    z.object({
      KAFKA_BOOTSTRAP_SERVERS: text("host:port,…", broker),
      KAFKA_SECURITY_PROTOCOL: choice(["PLAINTEXT", "SSL", "SASL_SSL"]),
      KAFKA_PRODUCE_TOPICS: text("one topic, listing.events", /^[A-Za-z0-9._-]{1,249}$/),
      KAFKA_CA_FILE: file.optional(),
    }),
  );
  const auth = parseAuth(sections, "KAFKA", rules);
  if (parsed === undefined || auth === undefined) return undefined;
  const allowed: readonly string[] = protocols[auth.kind];
  if (!allowed.includes(parsed.KAFKA_SECURITY_PROTOCOL)) {
    sections.refuse("KAFKA_SECURITY_PROTOCOL", `${allowed.join(", ")} with KAFKA_AUTH ${auth.kind}`);
  }
  return {
    bootstrapServers: parsed.KAFKA_BOOTSTRAP_SERVERS.split(","),
    tls: parsed.KAFKA_SECURITY_PROTOCOL !== "PLAINTEXT",
    topic: parsed.KAFKA_PRODUCE_TOPICS,
    caFile: parsed.KAFKA_CA_FILE,
    auth,
  };
}
