/** A small client of the four services, for the seed and for tests across services. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON; undefined where it is none. */
  // biome-ignore lint/suspicious/noExplicitAny: an answer has the form that its route documents.
  readonly body: any;
}

export interface CallOptions {
  readonly token?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutSeconds?: number;
}

/** Sends a request whatever its answer; throws only where there is none. */
export async function call(
  base: string,
  method: string,
  path: string,
  { token, body, headers, timeoutSeconds = 30 }: CallOptions = {},
): Promise<Answer> {
  const answer = await fetch(`${base}${path}`, {
    method,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    redirect: "manual",
    signal: AbortSignal.timeout(timeoutSeconds * 1000),
  });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, text, body: json(text) };
}

/** The same, and throws with the whole answer where it is an error. */
export async function expectOk(
  base: string,
  method: string,
  path: string,
  options: CallOptions = {},
): Promise<Answer> {
  const answer = await call(base, method, path, options);
  if (answer.status >= 400) throw new Error(`${method} ${base}${path}: ${answer.status} ${answer.text}`);
  return answer;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Asks until `found` gives something; throws with the last error or answer after `seconds`. */
export async function eventually<T>(
  what: string,
  found: () => Promise<T | undefined>,
  seconds = 20,
): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  let last = "nothing";
  for (;;) {
    try {
      const value = await found();
      if (value !== undefined) return value;
    } catch (error) {
      last = (error as Error).message;
    }
    if (Date.now() > deadline) throw new Error(`${what} did not happen within ${seconds} s; last: ${last}`);
    await new Promise((resume) => setTimeout(resume, 100));
  }
}
