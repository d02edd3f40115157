import { METHODS } from "node:http";
import type { FastifyInstance } from "fastify";
import { HttpProblem, methodNotAllowed } from "./problems.ts";

/** Every method that Node can read; CONNECT never comes as a request. */
const methods = METHODS.filter((method) => method !== "CONNECT");

/** Remembers what each path answers to; `refuseOthers` then answers 405 with `Allow` to every other method. */
export function rememberMethods(app: FastifyInstance): { refuseOthers: (app: FastifyInstance) => void } {
  for (const method of methods) if (!app.supportedMethods.includes(method)) app.addHttpMethod(method);
  const known = new Map<string, Set<string>>();
  app.addHook("onRoute", ({ url, method }) => {
    const of = known.get(url) ?? new Set();
    for (const name of [method].flat()) of.add(name);
    known.set(url, of);
  });
  return {
    refuseOthers: (scope) => {
      for (const [url, of] of [...known]) {
        const allowed = methods.filter((method) => of.has(method));
        scope.route({
          url,
          method: methods.filter((method) => !of.has(method)),
          schema: { hide: true },
          // Before the body is read: its type and size are no matter here.
          onRequest: async () => {
            throw new HttpProblem(methodNotAllowed(allowed));
          },
          handler: async () => {},
        });
      }
    },
  };
}
