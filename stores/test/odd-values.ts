// Values of JSON that stores of one kind or another change or refuse, their numbers in their own spelling.
import { parseExact } from "#values/exact-json.ts";

export const oddValues = parseExact(`[
  "", "a", "é", " ab  ", "a\\u0000", "\\ud800", "7", "007", "true", "many words", null,
  0, -0, 7, 7.0, -32769, 2147483648, 9223372036854775807, 9223372036854775808, 0.1, 1e5,
  12.50, 12.345, -0.00012, 10000.0001, 123456789012345678901234567890.5, 1e300, 1e-50, 99, 100,
  true, false, [], ["a", "b\\""], [1, -2], [null], [["a"]], {}, {"a": {"b": [1.0, "x"]}}, {"a": "\\u0000"},
  "6b83b9d0-0000-4000-8000-0123456789ab", "6B83B9D0-0000-4000-8000-0123456789AB",
  "2026-02-28T10:00:00Z", "2026-02-28 10:00:00.1234567+02:00", "2026-02-28T10:00:00.5", "2026-02-28",
  "2026-02-30T10:00:00Z", "1999-12-31T23:59:59.999999Z", "infinity", "0001-01-01T00:00:00Z"
]`) as readonly unknown[];
