/** Something that a deployment needs is not there. One sentence: what, what to do, and the way that always works. */
export class MissingError extends Error {
  constructor(deployment: { readonly verb: string; readonly stack: string }, what: string, remedy: string) {
    super(
      `cannot ${deployment.verb} ${deployment.stack}: ${what}; ${remedy} (\`make plan STACK=${deployment.stack}\` works without it).`,
    );
    this.name = "MissingError";
  }
}
