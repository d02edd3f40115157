/** The arguments of tools/engines.ts: a typing error must not start five engines. */
import { expect } from "chai";
import { engineNames } from "../../../services/dev/engines/engine.ts";
import { parse, UsageError } from "../../../tools/engines.ts";

describe("the arguments of the engines' tool", () => {
  it("start every engine, or those that are named", () => {
    expect(parse(["up"])).to.deep.equal({ verb: "up", names: engineNames, command: [] });
    expect(parse(["up", "--only", "redis,kafka"]).names).to.deep.equal(["redis", "kafka"]);
  });

  it("leave everything after -- to the command", () => {
    expect(parse(["run", "--only", "redis", "--", "make", "--only", "x"])).to.deep.equal({
      verb: "run",
      names: ["redis"],
      command: ["make", "--only", "x"],
    });
  });

  for (const [args, message] of [
    [[], "nothing is no verb; use run [--only NAMES] -- COMMAND, or up"],
    [["start"], "start is no verb; use run [--only NAMES] -- COMMAND, or up"],
    [["run", "--only", "redis"], "run needs a command after --"],
    [["run", "--"], "run needs a command after --"],
    [["up", "--only"], "--only: the only option is --only with names separated by commas"],
    [["up", "redis"], "redis: the only option is --only with names separated by commas"],
    [
      ["up", "--only", "mysql,redis"],
      "mysql: no such engine; there are postgres, redis, kafka, elasticsearch, issuer",
    ],
    [["up", "--only", ""], ": no such engine; there are postgres, redis, kafka, elasticsearch, issuer"],
  ] as const) {
    it(`refuse "${args.join(" ")}"`, () => {
      expect(() => parse(args)).to.throw(UsageError, message);
    });
  }
});
