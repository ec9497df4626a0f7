// What a value without quotes means, as kubectl reads it (sigs.k8s.io/yaml): YAML 1.1 without its times of day and dates,
// with YAML 1.2's octal. Any other reading lets `lint` see another manifest than the API server gets.
import type { ScalarTag, Tags } from "yaml";

const core = "tag:yaml.org,2002:";
const whole =
  /^[-+]?(?:0[xX][0-9a-fA-F_]*[0-9a-fA-F][0-9a-fA-F_]*|0[bB][01_]*[01][01_]*|0[oO][0-7_]*[0-7][0-7_]*|[0-9][0-9_]*)$/;
const decimal =
  /^(?:[-+]?[0-9][0-9_]*(?:\.[0-9_]*)?(?:[eE][-+]?[0-9_]+)?|[-+]\.[0-9][0-9_]*(?:[eE][-+]?[0-9_]+)?|\.[0-9]+(?:[eE][-+]?[0-9]+)?)$/;
const endless = /^(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;

/** For the option `customTags`: maps, lists, texts, merges, and the forms of this file in place of YAML 1.1's. */
export function kubectlTags(): Tags {
  return ["map", "seq", words, "merge", nothing, truth, integer, number, notANumber, timestamp, binary];
}

const words: ScalarTag = { default: true, tag: `${core}str`, resolve: (text) => text };

const nothing: ScalarTag = {
  identify: (value) => value === null,
  default: true,
  tag: `${core}null`,
  test: /^(?:~|null|Null|NULL)?$/,
  resolve: () => null,
};

const truth: ScalarTag = {
  identify: (value) => typeof value === "boolean",
  default: true,
  tag: `${core}bool`,
  test: /^(?:[yYnN]|yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF|true|True|TRUE|false|False|FALSE)$/,
  resolve: (text) => /^(?:[yYtT]|on|On|ON)/.test(text),
};

const integer: ScalarTag = { default: true, tag: `${core}int`, test: whole, resolve: toNumber };

/** One too great for a float stays a text, as in kubectl. */
const number: ScalarTag = {
  default: true,
  tag: `${core}float`,
  test: decimal,
  resolve: (text) => {
    const value = toNumber(text);
    return Number.isFinite(value) ? value : text;
  },
};

const notANumber: ScalarTag = {
  default: true,
  tag: `${core}float`,
  test: endless,
  resolve: (text, onError) => {
    onError(`received ${text}, expected a finite number: JSON has none of these; as a text it is "${text}"`);
    return text;
  },
};

/** Only where the tag is written: dates stay the text they are. */
const timestamp: ScalarTag = { default: false, tag: `${core}timestamp`, resolve: (text) => text };
const binary: ScalarTag = {
  default: false,
  tag: `${core}binary`,
  resolve: (text) => Buffer.from(text, "base64").toString(),
};

function toNumber(written: string): number {
  const text = written.replaceAll("_", "");
  const [, sign = "", digits = ""] = /^([-+]?)(.*)$/.exec(text) ?? [];
  const factor = sign === "-" ? -1 : 1;
  const value = /^0[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number(digits);
  return value === 0 ? 0 : factor * value;
}
