// Times as API objects write them, and epoch ms.

/** Epoch ms; 0 when there is none that can be read. */
export function instantOf(text: string | undefined): number {
  return Date.parse(text ?? "") || 0;
}

/** metav1.Time has whole seconds. */
export function printTime(epochMs: number): string {
  return new Date(epochMs).toISOString().replace(/\.\d{3}Z$/, "Z");
}

/** metav1.MicroTime has six digits: the API server refuses the three of a plain date. */
export function printMicroTime(epochMs: number): string {
  return new Date(epochMs).toISOString().replace(/(\.\d{3})Z$/, "$1000Z");
}
