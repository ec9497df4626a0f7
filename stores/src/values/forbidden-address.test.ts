import fc from "fast-check";
import { expect, test } from "vitest";
import { isForbiddenAddress } from "./forbidden-address.ts";

const byte = fc.integer({ min: 0, max: 255 });
const hex = (high: number, low: number): string => ((high << 8) | low).toString(16);

test("every address of the link-local range is forbidden, however it is written or embedded", () => {
  fc.assert(
    fc.property(byte, byte, (c, d) => {
      const [v4, high, low] = [`169.254.${c}.${d}`, "a9fe", hex(c, d)];
      const forms = [
        `::ffff:${v4}`,
        `::ffff:${high}:${low}`,
        `::${high}:${low}`,
        `64:ff9b::${v4}`,
        `2002:${high}:${low}::1`,
      ];
      const all = [v4, ...forms, ...forms.map((each) => `[${each}]`), ...forms.map((each) => each.toUpperCase())];
      expect(all.filter((form) => !isForbiddenAddress(form))).toEqual([]);
    }),
  );
});

test("addresses that a store may have are not forbidden, whatever they are embedded in", () => {
  fc.assert(
    fc.property(fc.constantFrom(10, 127, 172, 192, 203), byte, byte, byte, (a, b, c, d) => {
      const v4 = `${a}.${b}.${c}.${d}`;
      fc.pre(v4 !== "192.0.0.192");
      const forms = [
        v4,
        `::ffff:${v4}`,
        `2002:${hex(a, b)}:${hex(c, d)}::1`,
        `fd00::${hex(c, d)}`,
        `2001:db8::${hex(c, d)}`,
      ];
      expect(forms.filter(isForbiddenAddress)).toEqual([]);
    }),
  );
});

test.each(["fe80::1%eth0", "febf:ffff::1", "::", "0.0.0.0", "ff02::1", "fd00:ec2::254", "168.63.129.16", "[fe80::1]"])(
  "%s is forbidden",
  (address) => {
    expect(isForbiddenAddress(address)).toBe(true);
  },
);

test.each(["qdrant.search.svc", "::1", "fec0::1", "169.253.0.1", "169.255.0.1", "store", ""])("%s isn't", (host) => {
  expect(isForbiddenAddress(host)).toBe(false);
});
