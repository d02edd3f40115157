/** What the images would hold, held to their targets; consumption's takes minutes and is measured by `make image-sizes`. */
import { expect } from "chai";
import { measure, row, total } from "../../tools/image-sizes.ts";

describe("the images", function () {
  this.timeout(10 * 60_000);

  for (const service of ["publishing", "discovery", "admin"] as const) {
    it(`hold no more than the target allows ${service}`, async () => {
      const size = await measure(service);
      console.log(`    ${row(size)}`);
      for (const { what, megabytes } of size.parts) expect(megabytes, what).to.be.above(0.1);
      expect(total(size), row(size)).to.be.at.most(size.targetMegabytes);
    });
  }

  it("are called too large as soon as they are", () => {
    const size = (megabytes: number) => ({
      service: "small",
      targetMegabytes: 25,
      parts: [
        { what: "binary", megabytes },
        { what: "base", megabytes: 2, assumed: true },
      ],
    });
    expect(row(size(23))).to.equal(
      "small         25.0 of 25 MB   ok        binary 23.0 + base 2.0 (assumed)",
    );
    expect(row(size(23.1))).to.equal(
      "small         25.1 of 25 MB   TOO LARGE binary 23.1 + base 2.0 (assumed)",
    );
  });
});
