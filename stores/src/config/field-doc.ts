// What zod's `.meta()` holds of a field: its meaning and its examples. The manifests, the page of the resources and the
// tests read them from the schema, so that a new field is described where it is declared.

type Values = Readonly<Record<string, unknown>>;

export type FieldDoc = {
  /** What `kubectl explain` says. */
  readonly description: string;
  /** The first is shown and tried. */
  readonly examples?: readonly unknown[];
  /** A value that is refused; where a field names none, one of the wrong type or below the minimum is tried. */
  readonly refused?: unknown;
  /** What has to be in the document as well, by path. */
  readonly beside?: Values;
};

/** Metadata of a field. What is left out comes from the type that the field is made from. */
export function doc(description: string, taken?: unknown, refused?: unknown, beside?: Values): FieldDoc {
  return {
    description,
    ...(taken !== undefined && { examples: [taken] }),
    ...(refused !== undefined && { refused }),
    ...(beside !== undefined && { beside }),
  };
}
