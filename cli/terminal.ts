/** What the command may do to the terminal it runs on. */
import type { WriteStream } from "node:tty";

type Stream = Pick<WriteStream, "isTTY" | "write">;

/** Colours: on a terminal only, and never where NO_COLOR says otherwise (https://no-color.org). */
export function coloursAllowed(stream: Pick<Stream, "isTTY">, environment = process.env): boolean {
  return stream.isTTY === true && !environment.NO_COLOR && environment.TERM !== "dumb";
}

/** One line that is rewritten while work goes on; silent where there is no terminal, and in CI. */
export class Progress {
  readonly #stream: Stream;
  readonly #active: boolean;
  #shownAt = 0;

  constructor(stream: Stream = process.stderr, environment = process.env) {
    this.#stream = stream;
    this.#active = stream.isTTY === true && !environment.CI && environment.TERM !== "dumb";
  }

  /** Shows `text`, at most ten times a second. */
  show(text: string): void {
    if (!this.#active || performance.now() - this.#shownAt < 100) return;
    this.#shownAt = performance.now();
    this.#stream.write(`\r\u001b[K${text}`);
  }

  /** Clears the line, before anything else is printed. */
  end(): void {
    if (this.#active && this.#shownAt > 0) this.#stream.write("\r\u001b[K");
  }
}
