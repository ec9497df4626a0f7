// The page of error codes, from the tables that the code uses.
import { errorTable as operatorErrors } from "../../operator/src/errors.ts";
import { errorTable as sidecarErrors } from "../../stores/src/errors.ts";
import { table } from "./markdown.ts";

/** Markdown of `docs/errors.md`. */
export function renderErrorsPage(): string {
  return [
    "# Errors",
    "",
    "Generated from the code by `make generate`; a stale page fails `make check`.",
    "",
    "Every error has a code. `RETR_…` are the sidecar's: they stand in answers to the application, in its logs and in `/v1/status`. `ROP_…` are the operator's and the command line's. Messages name the field, what came and what was expected, never a secret.",
    "",
    "## The sidecar",
    "",
    ...table(
      ["code", "HTTP", "try again", "means", "do"],
      Object.entries(sidecarErrors).map(([code, { httpStatus, retryable, summary, remedy }]) => [
        anchored(code),
        String(httpStatus),
        yesNo(retryable),
        summary,
        remedy,
      ]),
    ),
    "",
    "## The operator",
    "",
    ...table(
      ["code", "try again", "means", "do"],
      Object.entries(operatorErrors).map(([code, { retryable, summary, remedy }]) => [
        anchored(code),
        yesNo(retryable),
        summary,
        remedy,
      ]),
    ),
    "",
  ].join("\n");
}

function anchored(code: string): string {
  return `<a id="${code.toLowerCase()}"></a>\`${code}\``;
}

function yesNo(value: boolean): string {
  return value ? "yes" : "no";
}
