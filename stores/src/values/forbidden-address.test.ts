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
        `64:ff9b:1::${v4}`,
        `64:ff9b:1:a:b:c:${high}:${low}`,
        `64:ff9b:1:${high}:${hex(0, c)}:${hex(d, 0)}::`,
        `64:ff9b:1:${hex(7, 0xa9)}:${hex(0, 0xfe)}:${low}::`,
        `64:ff9b:1:7:${hex(0, 0xa9)}:${hex(0xfe, c)}:${hex(d, 0)}:0`,
        `2001:0:1:2:3:4:${hex(255 - 169, 255 - 254)}:${hex(255 - c, 255 - d)}`,
        `2001:db8::200:5efe:${v4}`,
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
      // Behind a prefix of unknown length these may be another's.
      fc.pre(![b, c].includes(169));
      const forms = [
        v4,
        `::ffff:${v4}`,
        `2002:${hex(a, b)}:${hex(c, d)}::1`,
        `64:ff9b:1::${v4}`,
        `64:ff9b:1:${hex(a, b)}:${hex(0, c)}:${hex(d, 0)}::`,
        `2001:db8::5efe:${v4}`,
        `fd00::${hex(c, d)}`,
        `2001:db8::${hex(c, d)}`,
      ];
      expect(forms.filter(isForbiddenAddress)).toEqual([]);
    }),
  );
});

test.each([
  "fe80::1%eth0",
  "febf:ffff::1",
  "::",
  "0.0.0.0",
  "ff02::1",
  "fd00:ec2::254",
  "fd00:ec2::23",
  "[fd00:ec2:0:0::17]",
  "fd00:c1::a9fe:a9fe",
  "fd20:ce::254",
  "fd00:42::42",
  "168.63.129.16",
  "[fe80::1]",
  "::ffff:0.0.0.0",
  "::ffff:224.0.0.1",
])("%s is forbidden", (address) => {
  expect(isForbiddenAddress(address)).toBe(true);
});

test.each([
  "qdrant.search.svc",
  "::1",
  "fec0::1",
  "fd00:ec3::23",
  "fd00:c1::17",
  "169.253.0.1",
  "169.255.0.1",
  "store",
  "",
])("%s isn't", (host) => {
  expect(isForbiddenAddress(host)).toBe(false);
});
