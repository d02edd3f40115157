/** The seed as a container of compose. */
import { catalog } from "../../catalog.ts";
import { seed } from "../seed.ts";

const issuer = process.env.ISSUER_URL ?? "http://issuer:8080";
await seed({
  urls: Object.fromEntries(
    catalog.map(({ name, port }) => [
      name,
      process.env[`${name.toUpperCase()}_URL`] ?? `http://${name}:${port}`,
    ]),
  ),
  token: async (claims) => {
    const answer = await fetch(`${issuer}/token`, { method: "POST", body: JSON.stringify(claims) });
    return ((await answer.json()) as { access_token: string }).access_token;
  },
  say: (message) => console.log(JSON.stringify({ level: "info", message })),
});
