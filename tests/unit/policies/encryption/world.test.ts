// Which ranges mean the whole internet.
import { expect } from "chai";
import { isWorld } from "../../../../policies/encryption/src/world.ts";

describe("a range", () => {
  for (const range of ["0.0.0.0/0", "::/0", "*", "Internet", "Any", "0.0.0.0/1", "128.0.0.0/1", "8000::/1"]) {
    it(`${range} is the internet, or half of it`, () => expect(isWorld(range)).to.equal(true));
  }
  for (const range of ["10.0.0.0/8", "203.0.113.0/24", "2001:db8::/32", "VirtualNetwork", "", undefined, 5]) {
    it(`${range} is not`, () => expect(isWorld(range)).to.equal(false));
  }
});
