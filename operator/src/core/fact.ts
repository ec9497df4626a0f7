// What a condition says, before anybody knows since when.
import type { Condition } from "@retriever/crds/migration-status.ts";

export type Fact = { readonly status: Condition["status"]; readonly reason: string; readonly message: string };
