// Covers failover with real redis-server and Sentinel processes that run the very configuration, access lists, start
// scripts, probes and stop hook of the StatefulSets: TLS and users on, three members, three Sentinels, on loopback.
// Debian's Redis 7.0 stands in for the image's 7.2: what is used here is the same in both.
import { expect } from "chai";
import { downAfterMillis } from "../../components/kubernetes/redis/config.ts";
import { redisAccess } from "../../components/kubernetes/redis/users.ts";
import { missingPrograms, RedisSet, until } from "./support/redis-set.ts";

const user = "consumption";
const access = redisAccess([
  { name: user, keyPrefix: "consumption:", rights: "read-write" },
  { name: "reader", keyPrefix: "consumption:", rights: "read" },
]);
/** Detection, the vote and the promotion: what clients wait at most. */
const failoverSeconds = downAfterMillis / 1000 + 10;

/** Replicas that a Sentinel sees up and linked to the primary, in its answer of names and values, line by line. */
function soundReplicas(answer: string): number {
  const values = (field: string) =>
    [...answer.matchAll(new RegExp(`^${field}\n(.*)$`, "gm"))].map((match) => match[1]);
  const links = values("master-link-status");
  return values("flags").filter((flags, index) => flags === "slave" && links[index] === "ok").length;
}

describe("Redis with Sentinels", function () {
  this.timeout(120_000);
  const set = new RedisSet(access);
  const logs = () => set.logs();
  const primary = (seconds: number, other?: number) =>
    until(
      "a primary that takes writes",
      seconds,
      async () => {
        const port = await set.primary(user);
        if (port === undefined || port === other) return undefined;
        const answer = await set.command(port, user, "set", "consumption:probe", "1");
        return answer === "OK" ? port : undefined;
      },
      logs,
    );
  const allReady = () =>
    until(
      "every member in step with the primary",
      40,
      async () => {
        const ready = await Promise.all(set.ports("redis").map((port) => set.script(port, "check-redis.sh")));
        return ready.every(Boolean);
      },
      logs,
    );
  /** Every Sentinel knows the other two and sees two sound replicas: before that nobody can be promoted. */
  const quorumKnown = () =>
    until(
      "Sentinels that know each other and the replicas",
      40,
      async () => {
        const known = await Promise.all(
          set.ports("sentinel").map(async (port) => {
            const others = await set.command(port, "maintenance", "sentinel", "ckquorum", "marketplace");
            const replicas = await set.command(port, user, "sentinel", "replicas", "marketplace");
            return others.startsWith("OK 3 usable Sentinels") && soundReplicas(replicas) === 2;
          }),
        );
        return known.every(Boolean);
      },
      logs,
    );

  before(async () => {
    const missing = missingPrograms();
    if (missing.length > 0) {
      throw new Error(
        `${missing.join(", ")} not found: install the Debian packages redis-server and openssl (make test does)`,
      );
    }
    await set.start(3);
  });
  after(() => set.stop());

  it("elects the first member at the first start, with both others in step", async () => {
    const { value } = await primary(30);
    expect(value).to.equal(set.ports("redis")[0]);
    await allReady();
    await quorumKnown();
    for (const port of [...set.ports("redis"), ...set.ports("sentinel")]) {
      expect(await set.script(port, "check-alive.sh"), `port ${port} alive`).to.equal(true);
    }
    for (const port of set.ports("sentinel")) {
      expect(await set.script(port, "check-sentinel.sh"), `Sentinel ${port} ready`).to.equal(true);
    }
  });

  it("lets nobody in without a name, and a user to its own keys only", async () => {
    const port = (await primary(10)).value;
    expect(await set.command(port, "default", "ping")).to.contain("NOAUTH");
    expect(await set.command(port, user, "set", "discovery:a", "1")).to.contain("NOPERM");
    expect(await set.command(port, user, "flushall")).to.contain("NOPERM");
    expect(await set.command(port, "reader", "set", "consumption:a", "1")).to.contain("NOPERM");
    expect(await set.command(port, "reader", "get", "consumption:probe")).to.equal("1");
    const sentinel = set.ports("sentinel")[0] ?? 0;
    expect(await set.command(sentinel, user, "sentinel", "failover", "marketplace")).to.contain("NOPERM");
    expect(await set.command(port, "exporter", "info", "server")).to.contain("redis_version");
    expect(await set.command(port, "exporter", "get", "consumption:probe")).to.contain("NOPERM");
  });

  it("promotes a replica within the time configured when the primary is killed, and keeps what it acknowledged", async () => {
    const killed = (await primary(10)).value;
    const commands = ["set consumption:quota 42", "incr consumption:counter", "wait 1 2000"];
    const [stored, counted, replicas] = await set.session(killed, user, commands);
    expect([stored, counted]).to.deep.equal(["OK", "1"]);
    expect(Number(replicas)).to.be.at.least(1);
    await set.end(killed, "SIGKILL");
    const { value: promoted, seconds } = await primary(failoverSeconds, killed);
    console.log(`      a new primary after ${seconds.toFixed(1)} s (allowed ${failoverSeconds} s)`);
    expect(promoted).not.to.equal(killed);
    expect(await set.command(promoted, user, "get", "consumption:quota")).to.equal("42");
    expect(await set.command(promoted, user, "get", "consumption:counter")).to.equal("1");

    set.run(killed);
    await allReady();
    const role = await set.command(killed, "health", "role");
    expect(role.split("\n")[0]).to.equal("slave");
    expect(await set.command(killed, "maintenance", "get", "consumption:quota")).to.equal("42");
  });

  it("does not wipe the others when the primary comes back at once without its volume", async () => {
    const old = (await primary(10)).value;
    await quorumKnown();
    await set.end(old, "SIGKILL");
    set.loseVolume(old);
    set.run(old);
    const { value: promoted } = await primary(failoverSeconds + 5, old);
    expect(await set.command(promoted, user, "get", "consumption:quota")).to.equal("42");
    await allReady();
    expect(await set.command(old, "maintenance", "get", "consumption:quota")).to.equal("42");
  });

  it("hands over before the primary is stopped, without losing an acknowledged write", async () => {
    const old = (await primary(10)).value;
    await quorumKnown();
    const began = Date.now();
    const left = set.script(old, "leave.sh");
    // Counts on until the primary holds writes back; every number that it acknowledged must be there afterwards.
    let acknowledged = 0;
    for (;;) {
      const answer = Number(await set.command(old, user, "incr", "consumption:handover"));
      if (!(answer > 0)) break;
      acknowledged = answer;
    }
    expect(await left).to.equal(true);
    await set.end(old, "SIGTERM");
    const { value: promoted } = await primary(5, old);
    const seconds = (Date.now() - began) / 1000;
    console.log(
      `      handed over after ${seconds.toFixed(1)} s, ${acknowledged} writes acknowledged until then`,
    );
    expect(acknowledged).to.be.above(0);
    expect(Number(await set.command(promoted, user, "get", "consumption:handover"))).to.be.at.least(
      acknowledged,
    );
    expect(await set.command(promoted, user, "get", "consumption:quota")).to.equal("42");
    set.run(old);
    await allReady();
  });

  it("remembers the primary when everything was stopped and started again", async () => {
    const last = (await primary(10)).value;
    const all = [...set.ports("sentinel"), ...set.ports("redis")];
    await Promise.all(all.map((port) => set.end(port, "SIGTERM")));
    for (const port of all) set.run(port);
    const { value } = await primary(40);
    expect(value).to.equal(last);
    expect(await set.command(value, user, "get", "consumption:quota")).to.equal("42");
    await allReady();
  });

  it("serves a renewed certificate without a restart", async () => {
    const port = (await primary(10)).value;
    expect(await set.servedCertificate(port)).to.equal("redis-1");
    const renewed = set.issueCertificate();
    await until(
      "the renewed certificate",
      15,
      async () => (await set.servedCertificate(port)) === renewed,
      logs,
    );
    expect(await set.command(port, user, "get", "consumption:quota")).to.equal("42");
  });
});
